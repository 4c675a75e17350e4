//go:build js && wasm

// Command appearance is the second engine: it draws visible signatures, and is loaded when one is wanted. It speaks the border that
// ../doc.go describes, with two methods:
//
//	draw     {spec, canvas, fonts, image} → {pdf}   one page, for the first engine to put into the document
//	preview  the same                     → {svg}   what that page looks like
//
// spec and canvas are plain values (shapes.go); fonts is an array of Uint8Arrays and image one or null. It asks the host for nothing.
package main
