method "lora" "x" {
  schedule = "linear                 # ERROR: Invalid multi-line string | Unterminated template string
}                                    # ERROR: Invalid multi-line string
