package main

// switches is the file that goes into a package whose faults wait. The environment says which one is on, and where to note which were
// reached: one number a line, each once.
const switches = `package %s

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"sync"
)

var (
	mutate_active, _ = strconv.Atoi(os.Getenv("MUTATE_ON"))
	mutate_reached   = map[int]bool{}
	mutate_lock      sync.Mutex
	mutate_notes     = func() *os.File {
		name := os.Getenv("MUTATE_NOTES")
		if name == "" {
			return nil
		}
		f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			panic(err)
		}
		return f
	}()
)

func mutate_on(id int) bool {
	if mutate_notes != nil {
		mutate_lock.Lock()
		if !mutate_reached[id] {
			mutate_reached[id] = true
			fmt.Fprintln(mutate_notes, id)
		}
		mutate_lock.Unlock()
	}
	return id == mutate_active
}

type mutate_int interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

func mutate_lss[T cmp.Ordered](id int, a, b T) bool { return a < b || mutate_on(id) && a == b }
func mutate_leq[T cmp.Ordered](id int, a, b T) bool { return a <= b && (!mutate_on(id) || a != b) }
func mutate_gtr[T cmp.Ordered](id int, a, b T) bool { return a > b || mutate_on(id) && a == b }
func mutate_geq[T cmp.Ordered](id int, a, b T) bool { return a >= b && (!mutate_on(id) || a != b) }

func mutate_pick[T mutate_int](id int, right, wrong func() T) T {
	if mutate_on(id) {
		return wrong()
	}
	return right()
}

func mutate_add[T mutate_int](id int, a, b T) T {
	return mutate_pick(id, func() T { return a + b }, func() T { return a - b })
}
func mutate_sub[T mutate_int](id int, a, b T) T {
	return mutate_pick(id, func() T { return a - b }, func() T { return a + b })
}
func mutate_mul[T mutate_int](id int, a, b T) T {
	return mutate_pick(id, func() T { return a * b }, func() T { return a / b })
}
func mutate_quo[T mutate_int](id int, a, b T) T {
	return mutate_pick(id, func() T { return a / b }, func() T { return a * b })
}
func mutate_rem[T mutate_int](id int, a, b T) T {
	return mutate_pick(id, func() T { return a %% b }, func() T { return a * b })
}
func mutate_and[T mutate_int](id int, a, b T) T {
	return mutate_pick(id, func() T { return a & b }, func() T { return a | b })
}
func mutate_or[T mutate_int](id int, a, b T) T {
	return mutate_pick(id, func() T { return a | b }, func() T { return a & b })
}

func mutate_err(id int, err error) error {
	if mutate_on(id) {
		return nil
	}
	return err
}

var _ = []any{mutate_lss[int], mutate_leq[int], mutate_gtr[int], mutate_geq[int], mutate_add[int], mutate_sub[int], mutate_mul[int],
	mutate_quo[int], mutate_rem[int], mutate_and[int], mutate_or[int], mutate_err}
`
