package judge

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strconv"
)

// signature is a new signature as the appended bytes show it. No reader is involved: a signature dictionary is
// never in an object stream when its Contents has a place in the file.
type signature struct {
	byteRange [4]int64
	subFilter string
	contents  []byte // DER without the padding, nil if there is none
	covered   []byte
	problem   string
}

var (
	byteRangeKey = regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)
	subFilterKey = regexp.MustCompile(`/SubFilter\s*/([A-Za-z0-9.]+)`)
)

// newSignatures reads what was appended to the original; an error means that it was not only appended.
func newSignatures(c Case) ([]signature, error) {
	original, err := os.ReadFile(c.Original)
	if err != nil {
		return nil, err
	}
	signed, err := os.ReadFile(c.Signed)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(signed, original) {
		return nil, fmt.Errorf("the original is not an exact prefix")
	}
	var out []signature
	for _, m := range byteRangeKey.FindAllSubmatchIndex(signed[len(original):], -1) {
		at := m[0] + len(original)
		var s signature
		for i := range s.byteRange {
			text := signed[len(original)+m[2+2*i] : len(original)+m[3+2*i]]
			if s.byteRange[i], err = strconv.ParseInt(string(text), 10, 62); err != nil {
				s.problem = "a number of the byte range is too large"
			}
		}
		start, end := bytes.LastIndex(signed[:at], []byte(" obj")), bytes.Index(signed[at:], []byte("endobj"))
		if start >= 0 && end >= 0 {
			if k := subFilterKey.FindSubmatch(signed[start : at+end]); k != nil {
				s.subFilter = string(k[1])
			}
		}
		// A rewritten catalog may repeat an older signature, of usage rights for one: its Contents is not new.
		if s.problem == "" && s.byteRange[1] < int64(len(original)) {
			continue
		}
		s.read(signed)
		out = append(out, s)
	}
	return out, nil
}

func (s *signature) read(file []byte) {
	r := s.byteRange
	if s.problem != "" {
		return
	}
	size := int64(len(file))
	if r[0] != 0 || r[1] < 0 || r[2] < r[1]+2 || r[3] < 0 || r[2] > size || r[3] > size-r[2] {
		s.problem = fmt.Sprintf("byte range %v in %d bytes", r, size)
		return
	}
	gap := file[r[1]:r[2]]
	if gap[0] != '<' || gap[len(gap)-1] != '>' {
		s.problem = "the gap is not one hexadecimal string"
		return
	}
	der, err := hex.DecodeString(string(gap[1 : len(gap)-1]))
	if err != nil {
		s.problem = "Contents: " + err.Error()
		return
	}
	n := derLength(der)
	if n < 0 || n > len(der) {
		s.problem = "Contents holds no DER"
		return
	}
	if len(bytes.TrimLeft(der[n:], "\x00")) > 0 {
		s.problem = "bytes after the DER in Contents are not zero"
		return
	}
	s.contents = der[:n]
	s.covered = append(append([]byte(nil), file[:r[1]]...), file[r[2]:r[2]+r[3]]...)
}

// derLength is the length of the first element with its header, -1 if there is none.
func derLength(der []byte) int {
	if len(der) < 2 {
		return -1
	}
	n := int(der[1])
	if n < 0x80 {
		return 2 + n
	}
	k := n & 0x7f
	if k == 0 || k > 4 || len(der) < 2+k {
		return -1
	}
	n = 0
	for _, b := range der[2 : 2+k] {
		n = n<<8 | int(b)
	}
	return 2 + k + n
}

// laterUpdate says that the level ends with an update after the signature's own.
func (c Case) laterUpdate() bool { return c.Level == "B-LT" || c.Level == "B-LTA" }

func checkRanges(col *collector, c Case, news []signature) {
	if len(news) == 0 {
		col.add("bytes.range", Fail, "no new signature")
		return
	}
	info, err := os.Stat(c.Signed)
	if err != nil {
		col.add("bytes.range", Fail, err.Error())
		return
	}
	for _, s := range news {
		if s.problem != "" {
			col.add("bytes.range", Fail, s.problem)
			return
		}
	}
	last := news[len(news)-1].byteRange
	whole := last[2]+last[3] == info.Size()
	col.hold("bytes.range", whole || c.Level == "B-LT", fmt.Sprintf("the last signature ends at %d of %d bytes", last[2]+last[3], info.Size()))
}
