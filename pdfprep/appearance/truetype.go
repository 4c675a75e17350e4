package appearance

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
)

// contour is a closed outline in the units of a font.
type contour []outlinePoint

type outlinePoint struct {
	x, y int16
	on   bool
}

// outline is a glyph's shape, whatever kind of font it comes from. Cubic curves of CFF fonts become quadratic ones (which is why scale may
// be 2: half units). ok is false for glyphs without an outline that show something all the same, such as bitmaps.
func outline(face *font.Face, id font.GID, scale float64) (list []contour, ok bool) {
	o, ok := face.GlyphDataOutline(id)
	if !ok {
		_, bitmap := face.GlyphDataBitmap(id)
		_, picture := face.GlyphDataSVG(id)
		return nil, !bitmap && !picture
	}
	var c contour
	end := func() {
		if c = c.tidied(); len(c) > 1 {
			list = append(list, c)
		}
		c = nil
	}
	var last opentype.SegmentPoint
	add := func(p opentype.SegmentPoint, on bool) {
		c = append(c, outlinePoint{units(p.X, scale), units(p.Y, scale), on})
	}
	for _, s := range o.Segments {
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			end()
			add(s.Args[0], true)
			last = s.Args[0]
		case opentype.SegmentOpLineTo:
			add(s.Args[0], true)
			last = s.Args[0]
		case opentype.SegmentOpQuadTo:
			add(s.Args[0], false)
			add(s.Args[1], true)
			last = s.Args[1]
		case opentype.SegmentOpCubeTo:
			quadratics(last, s.Args, func(control, to opentype.SegmentPoint) {
				add(control, false)
				add(to, true)
			})
			last = s.Args[2]
		}
	}
	end()
	return list, true
}

func units(f float32, scale float64) int16 {
	return int16(math.Round(min(max(float64(f)*scale, -32767), 32767)))
}

// quadratics splits a cubic curve into as many quadratic ones as keep within a third of a unit.
func quadratics(p0 opentype.SegmentPoint, c [3]opentype.SegmentPoint, add func(control, to opentype.SegmentPoint)) {
	dx := float64(c[2].X) - 3*float64(c[1].X) + 3*float64(c[0].X) - float64(p0.X)
	dy := float64(c[2].Y) - 3*float64(c[1].Y) + 3*float64(c[0].Y) - float64(p0.Y)
	n := min(8, max(1, int(math.Ceil(math.Cbrt(math.Sqrt(3)/36*math.Hypot(dx, dy)/0.33)))))
	at := func(t float64) (p, tangent opentype.SegmentPoint) {
		u := 1 - t
		f := func(a, b, c, d float32) (float32, float32) {
			return float32(u*u*u*float64(a) + 3*u*u*t*float64(b) + 3*u*t*t*float64(c) + t*t*t*float64(d)),
				float32(3*u*u*float64(b-a) + 6*u*t*float64(c-b) + 3*t*t*float64(d-c))
		}
		p.X, tangent.X = f(p0.X, c[0].X, c[1].X, c[2].X)
		p.Y, tangent.Y = f(p0.Y, c[0].Y, c[1].Y, c[2].Y)
		return p, tangent
	}
	from, fromTangent := at(0)
	for i := 1; i <= n; i++ {
		to, toTangent := at(float64(i) / float64(n))
		// The control point that lies closest to both handles of the piece.
		k := float32(1 / float64(n) / 4)
		add(opentype.SegmentPoint{X: (from.X+to.X)/2 + (fromTangent.X-toTangent.X)*k, Y: (from.Y+to.Y)/2 + (fromTangent.Y-toTangent.Y)*k}, to)
		from, fromTangent = to, toTangent
	}
}

// tidied drops points that say nothing: the end that repeats the beginning, and those in the middle between two control points, which
// TrueType leaves out.
func (c contour) tidied() contour {
	if len(c) > 1 && c[0].on && c[len(c)-1] == c[0] {
		c = c[:len(c)-1]
	}
	var out contour
	for i, p := range c {
		before, after := c[(i+len(c)-1)%len(c)], c[(i+1)%len(c)]
		if i > 0 && p.on && !before.on && !after.on && int(before.x)+int(after.x) == 2*int(p.x) && int(before.y)+int(after.y) == 2*int(p.y) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// trueType writes a font program of glyphs (ISO/IEC 14496-22): what a reader of PDFs needs of one, and no more.
type trueType struct {
	upem     int
	advances []int
	glyphs   [][]contour // the first is .notdef
}

func (f *trueType) bytes() []byte {
	be := binary.BigEndian
	var glyf, loca, hmtx []byte
	var box [4]int16
	maxPoints, maxContours, widest := 0, 0, 0
	for i, g := range f.glyphs {
		loca = be.AppendUint32(loca, uint32(len(glyf)))
		data, bounds, points := glyphData(g)
		glyf = append(glyf, data...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		box = [4]int16{min(box[0], bounds[0]), min(box[1], bounds[1]), max(box[2], bounds[2]), max(box[3], bounds[3])}
		maxPoints, maxContours, widest = max(maxPoints, points), max(maxContours, len(g)), max(widest, f.advances[i])
		hmtx = be.AppendUint16(hmtx, uint16(f.advances[i]))
		hmtx = be.AppendUint16(hmtx, uint16(bounds[0]))
	}
	loca = be.AppendUint32(loca, uint32(len(glyf)))
	count := uint16(len(f.glyphs))
	words := func(list ...uint16) (out []byte) {
		for _, w := range list {
			out = be.AppendUint16(out, w)
		}
		return out
	}
	b := [4]uint16{uint16(box[0]), uint16(box[1]), uint16(box[2]), uint16(box[3])}
	head := words(1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0b1011, uint16(f.upem), 0, 0, 0, 0, 0, 0, 0, 0, b[0], b[1], b[2], b[3], 0, 8, 2, 1, 0)
	hhea := words(1, 0, b[3], b[1], 0, uint16(widest), 0, 0, b[2], 1, 0, 0, 0, 0, 0, 0, 0, count)
	maxp := words(1, 0, count, uint16(maxPoints), uint16(maxContours), 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
	// Some readers want a character map to be there; this one maps nothing, for PDF goes by glyph numbers.
	cmap := words(0, 1, 1, 0, 0, 12, 4, 24, 0, 2, 2, 0, 0, 0xFFFF, 0, 0xFFFF, 1, 0)
	post := words(3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return sfnt([]table{{"cmap", cmap}, {"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp}, {"post", post}})
}

type table struct {
	tag  string
	data []byte
}

// sfnt puts tables together and fills in the checksums.
func sfnt(tables []table) []byte {
	be := binary.BigEndian
	power := 1
	for power*2 <= len(tables) {
		power *= 2
	}
	out := be.AppendUint32(nil, 0x00010000)
	for _, w := range []int{len(tables), power * 16, int(math.Log2(float64(power))), (len(tables) - power) * 16} {
		out = be.AppendUint16(out, uint16(w))
	}
	offset, headAt := len(out)+16*len(tables), 0
	var body []byte
	for _, t := range tables {
		if t.tag == "head" {
			headAt = offset + len(body)
		}
		out = append(out, t.tag...)
		padded := append(slices.Clone(t.data), make([]byte, (4-len(t.data)%4)%4)...)
		out = be.AppendUint32(out, checksum(padded))
		out = be.AppendUint32(out, uint32(offset+len(body)))
		out = be.AppendUint32(out, uint32(len(t.data)))
		body = append(body, padded...)
	}
	out = append(out, body...)
	be.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

func checksum(b []byte) (sum uint32) {
	for i := 0; i+4 <= len(b); i += 4 {
		sum += binary.BigEndian.Uint32(b[i:])
	}
	return sum
}

// glyphData writes a simple glyph; one without contours is empty.
func glyphData(list []contour) (data []byte, bounds [4]int16, points int) {
	if len(list) == 0 {
		return nil, bounds, 0
	}
	be := binary.BigEndian
	bounds = [4]int16{math.MaxInt16, math.MaxInt16, math.MinInt16, math.MinInt16}
	var ends, flags, xs, ys []byte
	var lastX, lastY int16
	for _, c := range list {
		for _, p := range c {
			bounds = [4]int16{min(bounds[0], p.x), min(bounds[1], p.y), max(bounds[2], p.x), max(bounds[3], p.y)}
			var flag byte
			if p.on {
				flag = 1
			}
			xs, flag = delta(xs, int(p.x)-int(lastX), flag, 1<<1, 1<<4)
			ys, flag = delta(ys, int(p.y)-int(lastY), flag, 1<<2, 1<<5)
			flags = append(flags, flag)
			lastX, lastY = p.x, p.y
		}
		points += len(c)
		ends = be.AppendUint16(ends, uint16(points-1))
	}
	data = be.AppendUint16(nil, uint16(len(list)))
	for _, n := range bounds {
		data = be.AppendUint16(data, uint16(n))
	}
	data = append(append(data, ends...), 0, 0) // no instructions
	return append(append(append(data, flags...), xs...), ys...), bounds, points
}

// delta writes a coordinate's change in one byte, in two, or, if it is none, not at all.
func delta(out []byte, d int, flag, short, same byte) ([]byte, byte) {
	switch {
	case d == 0:
		return out, flag | same
	case d > 0 && d < 256:
		return append(out, byte(d)), flag | short | same
	case d < 0 && d > -256:
		return append(out, byte(-d)), flag | short
	}
	return binary.BigEndian.AppendUint16(out, uint16(int16(d))), flag
}
