package appearance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// maxPixels bounds what a picture decodes to.
const maxPixels = 24 << 20

// pictureImage is a PNG or JPEG. A JPEG goes into a PDF as it is; a PNG is decoded.
type pictureImage struct {
	mime          string
	data          []byte
	width, height int
	components    int // of a JPEG: 1, 3 or 4
	inverted      bool
	orientation   int // of Exif: 1 to 8
	decoded       image.Image
	alpha         bool
}

func readImage(data []byte) (*pictureImage, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return readPNG(data)
	case bytes.HasPrefix(data, []byte{0xFF, 0xD8}):
		return readJPEG(data)
	}
	return nil, invalid("the image is not a PNG or JPEG")
}

func readPNG(data []byte) (*pictureImage, error) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, &Error{Code: InvalidArgument, Msg: "the image is damaged", Err: err}
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
		return nil, invalid("the image has too many pixels")
	}
	i := &pictureImage{mime: "image/png", data: data, width: config.Width, height: config.Height, orientation: 1}
	if i.decoded, err = png.Decode(bytes.NewReader(data)); err != nil {
		return nil, &Error{Code: InvalidArgument, Msg: "the image is damaged", Err: err}
	}
	opaque, ok := i.decoded.(interface{ Opaque() bool })
	i.alpha = !ok || !opaque.Opaque()
	return i, nil
}

// readJPEG looks for the frame header (ITU-T T.81 §B.2.2), and at what Exif and Adobe add.
func readJPEG(data []byte) (*pictureImage, error) {
	i := &pictureImage{mime: "image/jpeg", data: data, orientation: 1}
	be := binary.BigEndian
	for at := 2; at+4 <= len(data); {
		if data[at] != 0xFF {
			break
		}
		marker := data[at+1]
		if marker == 0xFF { // fill
			at++
			continue
		}
		if marker == 0x01 || marker >= 0xD0 && marker <= 0xD8 {
			at += 2
			continue
		}
		size := int(be.Uint16(data[at+2:]))
		if size < 2 || at+2+size > len(data) {
			break
		}
		body := data[at+4 : at+2+size]
		switch {
		case marker == 0xC0 || marker == 0xC1 || marker == 0xC2:
			if len(body) < 6 || body[0] != 8 {
				return nil, invalid("the JPEG is of a kind that PDFs do not have")
			}
			i.height, i.width, i.components = int(be.Uint16(body[1:])), int(be.Uint16(body[3:])), int(body[5])
			if i.width < 1 || i.height < 1 || i.width > maxPixels/i.height || i.components != 1 && i.components != 3 && i.components != 4 {
				return nil, invalid("the JPEG is of a kind that PDFs do not have")
			}
			return i, nil
		case marker > 0xC0 && marker < 0xD0 && marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
			return nil, invalid("the JPEG is of a kind that PDFs do not have")
		case marker == 0xE1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			i.orientation = exifOrientation(body[6:])
		case marker == 0xEE && bytes.HasPrefix(body, []byte("Adobe")):
			i.inverted = true
		case marker == 0xDA || marker == 0xD9:
			return nil, invalid("the image is damaged")
		}
		at += 2 + size
	}
	return nil, invalid("the image is damaged")
}

// exifOrientation reads tag 0x0112 of the first directory; 1 if there is none.
func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	for n := range int(order.Uint16(tiff[at:])) {
		entry := at + 2 + 12*n
		if entry+12 > len(tiff) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			if v := int(order.Uint16(tiff[entry+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}

func (i *pictureImage) size() (float64, float64) {
	if i.orientation >= 5 {
		return float64(i.height), float64(i.width)
	}
	return float64(i.width), float64(i.height)
}

// turn maps the unit square of the image as it is stored to the one in which it is upright.
func (i *pictureImage) turn() [6]float64 {
	return [...][6]float64{
		{1, 0, 0, 1, 0, 0}, {-1, 0, 0, 1, 1, 0}, {-1, 0, 0, -1, 1, 1}, {1, 0, 0, -1, 0, 1},
		{0, -1, -1, 0, 1, 1}, {0, -1, 1, 0, 0, 1}, {0, 1, 1, 0, 0, 0}, {0, 1, -1, 0, 1, 0},
	}[i.orientation-1]
}

// shown is the image for a viewer that would turn it by Exif itself: without Exif.
func (i *pictureImage) shown() []byte {
	if i.orientation == 1 {
		return i.data
	}
	be := binary.BigEndian
	out := slices.Clone(i.data[:2])
	for at := 2; at+4 <= len(i.data) && i.data[at] == 0xFF; {
		marker, size := i.data[at+1], int(be.Uint16(i.data[at+2:]))
		if marker == 0xFF {
			at++
			continue
		}
		if marker == 0xDA || at+2+size > len(i.data) {
			return append(out, i.data[at:]...)
		}
		if marker != 0xE1 {
			out = append(out, i.data[at:at+2+size]...)
		}
		at += 2 + size
	}
	return i.data
}

func (i *pictureImage) drawn(b box, background *Color) shape {
	return &placedImage{image: i, at: b, background: background}
}

type placedImage struct {
	image      *pictureImage
	at         box
	background *Color
}

// flatten tells that what shines through must not.
func (i *placedImage) flatten(opaque bool) bool { return i.image.alpha && opaque }

func (i *placedImage) ground() *Color {
	if i.background != nil {
		return i.background
	}
	return &Color{255, 255, 255}
}

func (i *placedImage) pdf(p *pdf) error {
	object, err := i.object(p)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("/I%d", len(p.images))
	p.images = append(p.images, fmt.Sprintf("%s %d 0 R", name, object))
	m := i.image.turn()
	fmt.Fprintf(&p.content, "q %s %s %s %s %s %s cm %s Do Q\n", number(m[0]*i.at.w), number(m[1]*i.at.h), number(m[2]*i.at.w), number(m[3]*i.at.h),
		number(i.at.x+m[4]*i.at.w), number(i.at.y+m[5]*i.at.h), name)
	return nil
}

func (i *placedImage) object(p *pdf) (int, error) {
	g := i.image
	dict := fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8", g.width, g.height)
	if g.decoded == nil {
		space := map[int]string{1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}[g.components]
		if g.components == 4 && p.canvas.PDFA != "" {
			return 0, invalid("a JPEG for a PDF/A document must be of gray or of red, green and blue")
		}
		if g.components == 4 && g.inverted {
			space += " /Decode [1 0 1 0 1 0 1 0]"
		}
		return p.add(raw(dict+" /ColorSpace "+space+" /Filter /DCTDecode", g.data)), nil
	}
	samples, alpha, gray := pixels(g.decoded, i.flatten(p.canvas.Opaque), *i.ground())
	space := "/DeviceRGB"
	if gray {
		space = "/DeviceGray"
	}
	if g.alpha && !i.flatten(p.canvas.Opaque) {
		dict += fmt.Sprintf(" /SMask %d 0 R", p.add(stream(dict+" /ColorSpace /DeviceGray", alpha)))
	}
	return p.add(stream(dict+" /ColorSpace "+space, samples)), nil
}

// pixels are the samples of an image without its alpha channel, and that channel.
func pixels(m image.Image, flatten bool, ground Color) (samples, alpha []byte, gray bool) {
	b := m.Bounds()
	samples = make([]byte, 0, 3*b.Dx()*b.Dy())
	alpha = make([]byte, 0, b.Dx()*b.Dy())
	gray = true
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			if flatten {
				c.R, c.G, c.B = over(c.R, ground[0], c.A), over(c.G, ground[1], c.A), over(c.B, ground[2], c.A)
			}
			gray = gray && c.R == c.G && c.G == c.B
			samples = append(samples, c.R, c.G, c.B)
			alpha = append(alpha, c.A)
		}
	}
	if gray {
		for i := range len(samples) / 3 {
			samples[i] = samples[3*i]
		}
		samples = samples[:len(samples)/3]
	}
	return samples, alpha, gray
}

// over lays a colour upon the ground.
func over(c, ground, alpha uint8) uint8 {
	return uint8((int(c)*int(alpha) + int(ground)*(255-int(alpha)) + 127) / 255)
}
