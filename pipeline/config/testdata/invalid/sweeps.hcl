method "lora" "a" {
  sweep {
    rank  = [4, "8"]                 # ERROR: Wrong type for each value of rank
    alpha = 8                        # ERROR: Not a list
    ranks = [1]                      # ERROR: Unknown attribute "ranks"
    part  = [1]                      # ERROR: "part" is a block
    bias  = []                       # ERROR: Empty list
    targets = [1, { a = "value" }]   # ERROR: Wrong type for each value of targets | Wrong type for each value of targets
    epochs  = { a = 1 }              # ERROR: Not a list
  }
}
method "lora" "b" {
  sweep {
    zip {
      rank  = [4, 8]
      alpha = [8, 16, 32]            # ERROR: Lists of unequal length
    }
  }
}
method "lora" "c" {
  sweep {
    rank = [4]
    zip {
      rank  = [4, 8]                 # ERROR: "rank" is swept twice
      alpha = [8, 16]
    }
  }
}
method "lora" "d" {
  sweep {}                           # ERROR: Empty sweep
}
method "lora" "e" {
  sweep {
    zip {}                           # ERROR: Empty zip
  }
}
method "lora" "f" {
  sweep "x" {                        # ERROR: Wrong labels for sweep
    rank = [1]
  }
}
method "lora" "g" {
  sweep {
    zap {}                           # ERROR: Unknown block "zap"
  }
}
method "lora" "h" {
  rank = 8                           # ERROR: "rank" is both set and swept
  sweep {
    rank = [4, 8]
  }
}
method "lora" "i" {
  sweep {
    rank = [4, 8]
  }
  exclude {
    rank = 5
  }
  exclude {
    alpha = 16
    rank  = "4"                      # ERROR: Wrong type for rank
  }
  exclude {}                         # ERROR: Empty exclude
  exclude {
    rnk = 4                          # ERROR: Unknown attribute "rnk"
  }
}
method "lora" "j" {
  sweep {
    rank  = [4, 8]
    zip {
      alpha  = [1, 2]
      epochs = [1, 2]
    }
  }
  exclude {                          # ERROR: Excludes nothing
    alpha  = 1
    epochs = 2
  }
}
method "lora" "k" {
  sweep {
    rank = [4, 8]
  }
  exclude {                          # ERROR: Nothing left
    alpha = 16
  }
}
method "lora" "l" {
  sweep {
    zip {
      rank = log_uniform(1, 2)       # ERROR: Not a list
    }
  }
}
method "lora" "m" {
  sweep {
    rank = log_uniform(1, 2)         # ERROR: Wrong type for rank
  }
}
dataset "no_sweep" {
  task = "classification"
  sweep {                            # ERROR: Unknown block "sweep"
    task = ["a"]
  }
}
