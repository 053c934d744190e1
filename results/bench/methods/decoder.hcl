# A causal model whose features are good: it has read such clauses with a remark on
# each, and is read where the remark is about to come. Few rows are labelled, many
# are tested on. Read together with one of decoder_shift.hcl and
# decoder_prompts.hcl.

model "decoder" {
  pretrain {
    architecture  = "llama"
    layers        = 2
    hidden_size   = 96
    heads         = 4
    vocabulary    = 1500
    dropout       = 0.0
    steps         = 2000
    batch_size    = 32
    learning_rate = 3e-3
    generator "general" {}
  }
}

format "remark" {
  text = "{clause} . in short , this is a"
}

format "asked" {
  text = "{clause} . in short , this is a {mask}"
  words = {
    obligation  = ["duty"]
    permission  = ["permission"]
    prohibition = ["ban"]
  }
}

dataset "clauses" {
  metric     = "macro_f1"
  max_length = 64
  generator "clauses" {
    rows = 6000
  }
  label = "kind"
  split {
    dev  = 0.1
    test = 0.8 # leaves 300 rows to learn from
  }
  shift "topic" {
    by    = "domain"
    train = ["news", "web"]
    test  = ["contracts", "statutes"]
  }
}
