package faultserver

// Served is the number of arrivals so far. Unlike Arrivals it copies nothing, so it
// may be asked often.
func (s *Server) Served() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.arrivals)
}
