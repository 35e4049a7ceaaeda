"""What reps do at the desk: cases, holds, plans, approvals, the staff chat."""
