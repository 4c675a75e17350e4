package signflow

// AtOnce is how many documents are prepared at the same time: while one is read or hashed, which the browser does elsewhere, another is
// parsed. More would gain nothing and hold more of what hostile documents can make a reader hold.
const AtOnce = 4

// each does work for every document, AtOnce at a time, begun in their order.
func (b *Batch) each(work func(*item)) {
	items := make(chan *item, len(b.items))
	for _, it := range b.items {
		items <- it
	}
	close(items)
	waits := make([]func(), min(AtOnce, len(b.items)))
	for i := range waits {
		waits[i] = inBackground(func() {
			for it := range items {
				work(it)
			}
		})
	}
	for _, wait := range waits {
		wait()
	}
}

// inBackground starts work on a goroutine of its own. A panic there would end the program: it is kept, and met by whoever waits.
func inBackground(work func()) (wait func()) {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		work()
	}()
	return func() {
		if p := <-done; p != nil {
			panic(p)
		}
	}
}
