package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"

	"golang.org/x/tools/go/packages"
)

// mutant is one fault: what it is and where.
type mutant struct {
	id        int
	file      string // as seen from the repository's root
	line, col int
	what      string
	text      string // the source line
}

// edit puts text at an offset, in place of the next `drop` bytes.
type edit struct {
	at, drop int
	text     string
}

// coat is text around a node.
type coat struct{ before, behind string }

// planter rewrites one file so that every fault in it waits behind a switch.
type planter struct {
	info    *types.Info
	fset    *token.FileSet
	name    string
	lines   []string
	coats   map[ast.Node][]coat
	edits   []edit
	mutants []mutant
	results []*types.Tuple // of the functions around the node
	next    *int
}

// plant returns the file's new text and the mutants in it. Coats go on in the order of the tree, so that they nest as the nodes do.
func plant(p *packages.Package, f *ast.File, name string, src []byte, next *int) (string, []mutant) {
	w := &planter{info: p.TypesInfo, fset: p.Fset, name: name, lines: strings.Split(string(src), "\n"), coats: map[ast.Node][]coat{}, next: next}
	var open []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			w.leave(open[len(open)-1])
			open = open[:len(open)-1]
			return true
		}
		return w.enter(n, &open)
	})
	sort.SliceStable(w.edits, func(i, j int) bool { // an operator goes after what ends where it begins
		a, b := w.edits[i], w.edits[j]
		return a.at < b.at || a.at == b.at && a.drop < b.drop
	})
	var b strings.Builder
	at := 0
	for _, e := range w.edits {
		b.Write(src[at:e.at])
		b.WriteString(e.text)
		at = e.at + e.drop
	}
	b.Write(src[at:])
	return b.String(), w.mutants
}

func (w *planter) enter(n ast.Node, open *[]ast.Node) bool {
	constant := false
	switch n := n.(type) {
	case *ast.GenDecl:
		if n.Tok != token.VAR {
			return false
		}
	case *ast.FuncDecl:
		w.results = append(w.results, w.info.Defs[n.Name].Type().(*types.Signature).Results())
	case *ast.FuncLit:
		w.results = append(w.results, w.info.TypeOf(n).(*types.Signature).Results())
	case ast.Expr:
		constant = w.info.Types[n].Value != nil || w.info.Types[n].IsType()
	}
	if !constant {
		w.find(n)
	}
	for _, c := range w.coats[n] {
		w.put(n.Pos(), 0, c.before)
	}
	if constant { // it holds no faults
		w.close(n)
		return false
	}
	*open = append(*open, n)
	return true
}

func (w *planter) leave(n ast.Node) {
	w.close(n)
	switch n.(type) {
	case *ast.FuncDecl, *ast.FuncLit:
		w.results = w.results[:len(w.results)-1]
	}
}

func (w *planter) close(n ast.Node) {
	for i := len(w.coats[n]) - 1; i >= 0; i-- {
		w.put(n.End(), 0, w.coats[n][i].behind)
	}
}

func (w *planter) put(p token.Pos, drop int, text string) {
	w.edits = append(w.edits, edit{w.fset.Position(p).Offset, drop, text})
}

// wrap coats n; the format gets the number of a new mutant.
func (w *planter) wrap(n ast.Node, at token.Pos, what, before, behind string) {
	w.coats[n] = append(w.coats[n], coat{fmt.Sprintf(before, w.mutant(at, what)), behind})
}

// mutant notes a fault at p and returns its number.
func (w *planter) mutant(p token.Pos, what string) int {
	*w.next++
	at := w.fset.Position(p)
	w.mutants = append(w.mutants, mutant{*w.next, w.name, at.Line, at.Column, what, strings.TrimSpace(w.lines[at.Line-1])})
	return *w.next
}

const turned, wrong, end = " turned round", "(mutate_on(%d) != (", "))"

func (w *planter) find(n ast.Node) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		w.binary(n)
	case *ast.IfStmt:
		w.condition(n.Cond)
	case *ast.ForStmt:
		w.condition(n.Cond)
	case *ast.SwitchStmt:
		if n.Tag == nil {
			for _, c := range n.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					w.condition(e)
				}
			}
		}
	case *ast.CaseClause:
		w.statements(n.Body)
	case *ast.CommClause:
		w.statements(n.Body)
	case *ast.BlockStmt:
		w.statements(n.List)
	case *ast.ReturnStmt:
		w.returned(n)
	}
}

// comparisons that can move by one, and arithmetic by what takes its place.
var (
	boundary   = map[token.Token]string{token.LSS: "lss", token.LEQ: "leq", token.GTR: "gtr", token.GEQ: "geq"}
	arithmetic = map[token.Token][2]string{
		token.ADD: {"add", "-"}, token.SUB: {"sub", "+"}, token.MUL: {"mul", "/"}, token.QUO: {"quo", "*"}, token.REM: {"rem", "*"},
		token.AND: {"and", "|"}, token.OR: {"or", "&"},
	}
)

func (w *planter) binary(n *ast.BinaryExpr) {
	operator := n.Op.String()
	switch n.Op {
	case token.LAND:
		w.wrap(n.X, n.X.Pos(), "left of && dropped", "(mutate_on(%d) || (", end)
		w.wrap(n.Y, n.Y.Pos(), "right of && dropped", "(mutate_on(%d) || (", end)
	case token.LOR:
		w.wrap(n.X, n.X.Pos(), "left of || dropped", "(!mutate_on(%d) && (", end)
		w.wrap(n.Y, n.Y.Pos(), "right of || dropped", "(!mutate_on(%d) && (", end)
	case token.EQL, token.NEQ:
		w.wrap(n, n.OpPos, operator+turned, wrong, end)
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		w.wrap(n, n.OpPos, operator+turned, wrong, end)
		w.wrap(n, n.OpPos, operator+" moved by one", "mutate_"+boundary[n.Op]+"(%d, ", ")")
		w.put(n.OpPos, len(operator), ",")
	default:
		b, ok := w.info.TypeOf(n).Underlying().(*types.Basic)
		if a, known := arithmetic[n.Op]; known && ok && b.Info()&types.IsInteger != 0 {
			w.wrap(n, n.OpPos, operator+" becomes "+a[1], "mutate_"+a[0]+"(%d, ", ")")
			w.put(n.OpPos, len(operator), ",")
		}
	}
}

// condition turns round what is neither a comparison nor made of others: those have faults of their own.
func (w *planter) condition(e ast.Expr) {
	if e == nil {
		return
	}
	if _, made := ast.Unparen(e).(*ast.BinaryExpr); !made {
		w.wrap(e, e.Pos(), "condition"+turned, wrong, end)
	}
}

// statements leaves out calls, assignments and counting.
func (w *planter) statements(list []ast.Stmt) {
	for _, s := range list {
		what := ""
		switch s := s.(type) {
		case *ast.ExprStmt:
			if c, ok := s.X.(*ast.CallExpr); ok && !isPanic(c) {
				what = "call left out"
			}
		case *ast.AssignStmt:
			if id, ok := s.Lhs[0].(*ast.Ident); s.Tok != token.DEFINE && (!ok || id.Name != "_") {
				what = "assignment left out"
			}
		case *ast.IncDecStmt:
			what = "counting left out"
		}
		if what != "" {
			w.wrap(s, s.Pos(), what, "if !mutate_on(%d) { ", " }")
		}
	}
}

func isPanic(c *ast.CallExpr) bool {
	id, ok := c.Fun.(*ast.Ident)
	return ok && id.Name == "panic"
}

// returned forgets errors and turns round constants of truth.
func (w *planter) returned(r *ast.ReturnStmt) {
	results := w.results[len(w.results)-1]
	if len(r.Results) != results.Len() {
		return // a call that returns all of them
	}
	for i, e := range r.Results {
		switch id, _ := e.(*ast.Ident); {
		case id != nil && id.Name == "nil":
		case id != nil && (id.Name == "true" || id.Name == "false"):
			w.wrap(e, e.Pos(), "returned "+id.Name+turned, wrong, end)
		case types.Identical(results.At(i).Type(), types.Universe.Lookup("error").Type()):
			w.wrap(e, e.Pos(), "returned error forgotten", "mutate_err(%d, ", ")")
		}
	}
}
