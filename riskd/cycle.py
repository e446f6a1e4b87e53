"""One pass: observe, measure, judge, act, record. The only place where the stages meet."""
