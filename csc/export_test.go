package csc

// Waiting is how many digests the open batch of a signer holds.
func Waiting(s *Signer) int {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	if s.batches.open == nil {
		return 0
	}
	return len(s.batches.open.waiters)
}
