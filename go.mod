module hashout

go 1.26.4

require (
	github.com/c2sp/wycheproof v0.0.0-20260902155932-3fa63dd0344a
	github.com/digitorus/pkcs7 v0.0.0-20250730155240-ffadbf3f398c // newer ones need Go 1.27
	github.com/digitorus/timestamp v0.0.0-20250524132541-c45532741eea // newer ones need Go 1.27
	github.com/hack-pad/safejs v0.1.0
	github.com/pdfcpu/pdfcpu v0.15.0
	golang.org/x/crypto v0.58.0
	golang.org/x/text v0.43.0
)

require (
	github.com/go-text/typesetting v0.3.5
	golang.org/x/image v0.44.0
	rsc.io/qr v0.2.0
)

require (
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/hhrutter/tiff v1.0.6 // indirect
	github.com/mattn/go-runewidth v0.0.27 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
