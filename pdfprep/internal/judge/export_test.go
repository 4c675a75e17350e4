package judge

// NSSTrusts lets a test ask NSS where pdfsig needs no second word.
var NSSTrusts = (*Judge).nssTrusts
