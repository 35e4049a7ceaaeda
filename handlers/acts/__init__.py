"""What a rep may do about a customer, a bill or a case: one shape for pages, command line and staff chat."""
