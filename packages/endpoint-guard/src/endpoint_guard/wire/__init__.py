"""gRPC over HTTP/2 as far as a policy pack needs it: calls with one question and one answer, on one thread."""
