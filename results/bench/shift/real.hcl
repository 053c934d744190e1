# Real shifts, five of them, and one small model: what the diagnosis says of each, and
# what methods lose under it. The page is ../realdata.md. The data lie beside the
# repository; another place is -var data=FOLDER.

variable "data" {
  default     = "../../../../shared/data"
  description = "Folder of the real data."
}

experiment "real" {
  description = "What the diagnosis says of real shifts, and what methods lose under them."
  seeds       = [1, 2, 3]
}

model "base" {
  pretrain {
    architecture  = "bert"
    layers        = 2
    hidden_size   = 128
    heads         = 2
    vocabulary    = 6000
    steps         = 1500
    batch_size    = 32
    learning_rate = 2e-3
    text          = ["${var.data}/text-wikitext2/valid.txt", "${var.data}/text-wikitext2/test.txt"]
  }
}

dataset "cola" {
  metric     = "mcc"
  max_length = 48
  files {
    train      = ["${var.data}/cola/in_domain_train.tsv"]
    test       = ["${var.data}/cola/in_domain_dev.tsv"]
    test_shift = ["${var.data}/cola/out_of_domain_dev.tsv"]
    header     = false
    columns    = ["source", "label", "star", "sentence"]
  }
  input {
    text = "sentence"
  }
  label = "label"
}

dataset "sst2" {
  max_length = 64
  files {
    train      = ["${var.data}/sst2/stsa.binary.train"]
    test       = ["${var.data}/sst2/stsa.binary.dev"]
    test_shift = ["${var.data}/sst2/stsa.binary.test"]
    format     = "txt"
    pattern    = "^(?P<label>[01]) (?P<text>.*)$"
  }
  label = "label"
}

dataset "tos" {
  metric     = "macro_f1"
  max_length = 64
  files {
    all = ["${var.data}/legal-unfair-tos/tos_sentences.tsv"]
  }
  input {
    text = "sentence"
  }
  label_match {
    column    = "tags"
    pattern   = "[23]"
    match     = "unfair"
    otherwise = "fair"
  }
  shift "topic" {
    by    = "company"
    train = ["Amazon", "Booking", "Dropbox", "Electronic_Arts", "Endomondo", "Evernote", "Facebook", "Flo", "Garmin", "Google", "GooglePayments", "Groupon", "Instagram", "Kardia", "Linkedin", "Microsoft", "Mozilla", "MyHeritage", "Mysugr", "Oculus", "PayPal", "Pinterest", "Revolut", "Rovio", "Ryanair", "Skype", "Skyscanner", "Snap", "TikTok", "Tinder", "Tripadvisor", "Tumblr", "Uber", "Ubisoft", "Visa", "Weebly", "Western", "Yelp", "YouTube", "Zoom"]
    test  = ["Grindr", "Klarna", "Quora", "Spotify", "Terravision", "Twitch", "WhatsApp", "WorldOfWarcraft", "Yahoo", "Zynga"]
  }
}

dataset "nytimes" {
  metric     = "macro_f1"
  max_length = 32
  files {
    all      = ["${var.data}/temporal-nytimes/NYTimes.csv.gz"]
    encoding = "latin-1"
  }
  input {
    text = "Title"
  }
  label = "Topic.Code"
  id    = "Article_ID"
  shift "temporal" {
    by  = "Date"
    cut = 2000
  }
}

dataset "scotus" {
  metric     = "macro_f1"
  max_length = 128
  files {
    all = ["${var.data}/legal-scotus-justice/justice.csv"]
  }
  input {
    text = "facts"
  }
  label = "issue_area"
  shift "temporal" {
    by     = "term"
    cut    = 1999
    period = 5
  }
}

method "majority" "majority" {}

method "tfidf" "words" {}

method "probing" "linear" {
  pooling = "mean"
}

method "lora" "lora" {
  targets       = ["all-linear"]
  epochs        = 3
  learning_rate = 3e-3
  train_rows    = 2000
}

method "fine_tuning" "full" {
  epochs        = 3
  learning_rate = 1e-3
  train_rows    = 2000
}
