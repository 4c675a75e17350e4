package file

// Rows tells every object that one section speaks of, in the section's order; what a hybrid file hides comes last, with hidden set. A
// section may name an object twice, and the same object may stand in both parts.
func (f *File) Rows(s *Section, use func(num int, e Entry, hidden bool) error) error {
	if err := f.rows(s, false, use); err != nil || s.hidden == nil {
		return err
	}
	return f.rows(s.hidden, true, use)
}

func (f *File) rows(s *Section, hidden bool, use func(num int, e Entry, hidden bool) error) error {
	for num, e := range s.entries {
		if err := use(num, e, hidden); err != nil {
			return err
		}
	}
	for _, r := range s.runs {
		for i := range r.count {
			if err := f.Spend(costLookup); err != nil {
				return err
			}
			e, err := s.row(f, r, i)
			if err != nil {
				return err
			}
			if err := use(r.start+i, e, hidden); err != nil {
				return err
			}
		}
	}
	return nil
}

// Hidden is where the hidden part of a hybrid section begins, 0 for none.
func (s *Section) Hidden() int64 {
	if s.hidden == nil {
		return 0
	}
	return s.hidden.Offset
}
