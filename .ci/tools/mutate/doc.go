// Mutate measures how much the tests notice. It plants small faults (mutants) in chosen files, runs the tests that reach each fault, and
// counts how many make a test fail.
//
//	mutate [-min 85] [-jobs 2] [-out report] [-only regexp] [-skip regexp] [-longest 2s] folder[:file,file…][+tests,tests…] …
//
// A target is a package's folder, the files to plant faults in (all, if none is named) and further packages whose tests are asked, after
// the package's own. They are asked with -short: no judge outside, no whole corpus, nothing that is measured. All mutants of a package are
// compiled into one test program, each behind a switch that the environment throws, so that a mutant costs a run of the tests that reach
// it and not a build; go-gremlins builds anew for every mutant and runs the whole package, which takes hours here.
//
// The faults: a comparison turned round or moved by one (< and <=), a condition turned round, an operand of && and || dropped, + and -
// exchanged (so * and /, & and |), a returned error forgotten, a returned truth value turned round, a statement (a call or an assignment)
// left out. A mutant that no test reaches counts as survived.
package main
