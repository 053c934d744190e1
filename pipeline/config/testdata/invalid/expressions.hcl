locals {
  a = 1 / 0                          # ERROR: Division by zero
  b = "a" + 1                        # ERROR: Invalid operand
  c = [1, 2][5]                      # ERROR: Invalid index
  d = { x = 1 }.y                    # ERROR: Unsupported attribute
  e = [for x in 5: x]                # ERROR: Not a list or map
  f = [for x in [1]: x if 3]         # ERROR: Not a condition
  g = { for x in [1, 1]: x => x }    # ERROR: Key given twice
  h = { a = 1, a = 2 }               # ERROR: Key given twice
  i = rnage(3)                       # ERROR: No function is named "rnage"
  j = env("HOME")                    # ERROR: No function is named "env"
  k = file("/etc/passwd")            # ERROR: No function is named "file"
  l = range(1, 2, 0)                 # ERROR: Wrong argument of range
  m = range("a")                     # ERROR: Wrong argument of range
  n = range()                        # ERROR: Wrong argument of range
  o = concat([1], 2)                 # ERROR: Wrong argument of concat
  p = min("a")                       # ERROR: Wrong argument of min
  q = max()                          # ERROR: Wrong argument of max
  r = format("%d", 1.5)              # ERROR: Wrong argument of format
  s = format("%999d", 1)             # ERROR: Wrong argument of format
  t = format("%s")                   # ERROR: Wrong argument of format
  u = format("x", 1)                 # ERROR: Wrong argument of format
  v = format("100%")                 # ERROR: Wrong argument of format
  w = format("%v", 1)                # ERROR: Wrong argument of format
  x = join(",", "a")                 # ERROR: Wrong argument of join
  y = join(",", [[1]])               # ERROR: Wrong argument of join
  z = split(",", 1)                  # ERROR: Wrong argument of split
  A = upper(1)                       # ERROR: Wrong argument of upper
  B = lower(null)                    # ERROR: Wrong argument of lower
  C = log_uniform(0, 1)              # ERROR: Wrong argument of log_uniform
  D = log_uniform(2, 1)              # ERROR: Wrong argument of log_uniform
  E = min([1, 2])                    # ERROR: Wrong argument of min
  F = min(5...)                      # ERROR: Not a list
  G = 3[*]                           # ERROR: Not a list
  H = true ? 1 : [2]                 # ERROR: Inconsistent conditional result types
  I = 5 ? 1 : 2                      # ERROR: Incorrect condition type
  J = "x${[1]}"                      # ERROR: Invalid template interpolation value
  K = { (null) = 1 }                 # ERROR: Invalid key
}
