package judge

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	mutoolDPI  = 60
	popplerDPI = 50
	textPages  = 50 // text is compared up to this page
)

// pages judges that the reader of the document sees what was there before: text, number and look of the pages.
func (j *Judge) pages(ctx context.Context, col *collector, c Case, shown []placement) {
	if !j.have(col, "poppler.text", "pdftotext", "pdfinfo", "pdftoppm") || !j.have(col, "mutool.render", "mutool") {
		return
	}
	count := pageCount(ctx, c.Looks, c.Password)
	if count == 0 {
		col.add("poppler.text", NotApplicable, "poppler cannot read the original")
	} else {
		after := pageCount(ctx, c.Signed, c.Password)
		col.hold("poppler.pages", after == count, fmt.Sprintf("%d pages were %d", after, count))
		compareText(ctx, col, c)
	}
	look := []int{1}
	if count > 1 {
		look = append(look, count)
	}
	for _, s := range shown {
		look = append(look, s.Page)
	}
	slices.Sort(look)
	for _, page := range slices.Compact(look) {
		compareLook(ctx, col, c, "mutool.render", page, mutoolDPI, mutoolRender, shown)
		if count > 0 {
			compareLook(ctx, col, c, "poppler.render", page, popplerDPI, popplerRender, shown)
		}
	}
}

func pageCount(ctx context.Context, path, password string) int {
	for line := range strings.Lines(string(run(ctx, "pdfinfo", popplerArgs(password, path)...).stdout)) {
		if rest, ok := strings.CutPrefix(line, "Pages:"); ok {
			n, _ := strconv.Atoi(strings.TrimSpace(rest))
			return n
		}
	}
	return 0
}

func compareText(ctx context.Context, col *collector, c Case) {
	const name = "poppler.text"
	text := func(path string) (string, bool) {
		r := run(ctx, "pdftotext", popplerArgs(c.Password, "-layout", "-l", strconv.Itoa(textPages), path, "-")...)
		return string(r.stdout), r.code == 0
	}
	before, ok := text(c.Looks)
	if !ok {
		col.add(name, NotApplicable, "pdftotext fails on the original")
		return
	}
	after, ok := text(c.Signed)
	if !c.Visible {
		col.hold(name, ok && before == after, "the text changed")
		return
	}
	words := map[string]int{}
	for _, w := range strings.Fields(after) {
		words[w]++
	}
	for _, w := range strings.Fields(before) {
		if words[w]--; words[w] < 0 {
			col.add(name, Fail, fmt.Sprintf("%q is gone", w))
			return
		}
	}
	col.hold(name, ok, "pdftotext fails on the signed file")
}

// picture holds 3 bytes a pixel.
type picture struct {
	width, height int
	rgb           []byte
}

func mutoolRender(ctx context.Context, path, password string, page, dpi int) result {
	args := []string{"draw", "-q", "-F", "ppm", "-r", strconv.Itoa(dpi), "-o", "-"}
	if password != "" {
		args = append(args, "-p", password)
	}
	return run(ctx, "mutool", append(args, path, strconv.Itoa(page))...)
}

func popplerRender(ctx context.Context, path, password string, page, dpi int) result {
	p := strconv.Itoa(page)
	// The crop box, as mutool: one rule of geometry for both.
	return run(ctx, "pdftoppm", popplerArgs(password, "-cropbox", "-r", strconv.Itoa(dpi), "-f", p, "-l", p, path)...)
}

func compareLook(ctx context.Context, col *collector, c Case, name string, page, dpi int,
	render func(context.Context, string, string, int, int) result, shown []placement) {
	if c.Visible && shown == nil {
		col.add(name, NotApplicable, "pyHanko did not say where the signature shows")
		return
	}
	before := parsePPM(render(ctx, c.Looks, c.Password, page, dpi).stdout)
	if before == nil {
		col.add(name, NotApplicable, fmt.Sprintf("page %d of the original cannot be drawn", page))
		return
	}
	after := parsePPM(render(ctx, c.Signed, c.Password, page, dpi).stdout)
	if after == nil || after.width != before.width || after.height != before.height {
		col.add(name, Fail, fmt.Sprintf("page %d cannot be drawn or has another size", page))
		return
	}
	x0, y0, x1, y1, differ := difference(before, after)
	if !differ {
		drawn := slices.ContainsFunc(shown, func(s placement) bool { return s.Page == page })
		col.hold(name, !(c.Visible && drawn), fmt.Sprintf("the signature on page %d draws nothing", page))
		return
	}
	if !c.Visible {
		col.add(name, Fail, fmt.Sprintf("page %d changed in pixels %d,%d to %d,%d", page, x0, y0, x1, y1))
		return
	}
	for _, s := range shown {
		if s.Page == page && s.contains(float64(x0), float64(y0), float64(x1), float64(y1), dpi) {
			col.add(name, Pass, "")
			return
		}
	}
	col.add(name, Fail, fmt.Sprintf("page %d changed outside the signature, in pixels %d,%d to %d,%d", page, x0, y0, x1, y1))
}

// parsePPM reads the one binary picture that both renderers write; nil if it is none.
func parsePPM(b []byte) *picture {
	var p picture
	var depth int
	head, rest, at := b, []byte(nil), 0
	for i, field := range []*int{nil, &p.width, &p.height, &depth} {
		head = bytes.TrimLeft(b[at:], " \n\r\t")
		for bytes.HasPrefix(head, []byte("#")) {
			_, head, _ = bytes.Cut(head, []byte("\n"))
		}
		at = len(b) - len(head)
		n := bytes.IndexAny(head, " \n\r\t")
		if n < 0 {
			return nil
		}
		word := string(head[:n])
		if i == 0 && word != "P6" {
			return nil
		}
		if field != nil {
			v, err := strconv.Atoi(word)
			if err != nil {
				return nil
			}
			*field = v
		}
		at += n
	}
	rest = b[at+1:]
	if depth != 255 || p.width <= 0 || p.height <= 0 || len(rest) < 3*p.width*p.height {
		return nil
	}
	p.rgb = rest[:3*p.width*p.height]
	return &p
}

// difference is the box around all pixels that differ.
func difference(a, b *picture) (x0, y0, x1, y1 int, differ bool) {
	x0, y0 = a.width, a.height
	for i := 0; i < len(a.rgb); i += 3 {
		if bytes.Equal(a.rgb[i:i+3], b.rgb[i:i+3]) {
			continue
		}
		x, y := i/3%a.width, i/3/a.width
		x0, y0, x1, y1, differ = min(x0, x), min(y0, y), max(x1, x+1), max(y1, y+1), true
	}
	return
}

// contains reports whether the rectangle of the signature covers the box of pixels, give or take two for
// anti-aliasing.
func (s *placement) contains(x0, y0, x1, y1 float64, dpi int) bool {
	box := normal(s.Crop)
	media := normal(s.Media)
	box = [4]float64{max(box[0], media[0]), max(box[1], media[1]), min(box[2], media[2]), min(box[3], media[3])}
	if box[0] >= box[2] || box[1] >= box[3] {
		box = media
	}
	w, h := box[2]-box[0], box[3]-box[1]
	scale := float64(dpi) / 72 * s.Unit
	corner := func(x, y float64) (float64, float64) {
		u, v := x-box[0], box[3]-y
		switch ((s.Rotate % 360) + 360) % 360 {
		case 90:
			u, v = h-v, u
		case 180:
			u, v = w-u, h-v
		case 270:
			u, v = v, w-u
		}
		return u * scale, v * scale
	}
	ax, ay := corner(s.Rect[0], s.Rect[1])
	bx, by := corner(s.Rect[2], s.Rect[3])
	const slack = 2
	return x0 >= math.Min(ax, bx)-slack && y0 >= math.Min(ay, by)-slack && x1 <= math.Max(ax, bx)+slack && y1 <= math.Max(ay, by)+slack
}

func normal(r [4]float64) [4]float64 {
	return [4]float64{min(r[0], r[2]), min(r[1], r[3]), max(r[0], r[2]), max(r[1], r[3])}
}
