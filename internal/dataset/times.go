package dataset

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A moment is a day as year*10000 + month*100 + day. A value that names only a
// year, or a year and a month, is its first day.
type moment int

func (m moment) year() int { return int(m) / 10000 }

// endOfYear is later than every day of the year and earlier than the next year.
func endOfYear(year int) moment { return moment(year*10000 + 1231) }

func day(year int, month time.Month, d int) moment {
	return moment(year*10000 + int(month)*100 + d)
}

var (
	yearAlone = regexp.MustCompile(`^\d{4}$`)
	yearRange = regexp.MustCompile(`^(\d{4})\s*[-–/]\s*(\d{4})$`)
)

// layouts of dates, tried in this order.
var layouts = []string{
	"2006-01-02", "2006-01", "2006/01/02", "20060102",
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05",
	"2-Jan-2006", "2-Jan-06", "2 Jan 2006", "2 January 2006", "January 2, 2006", "Jan 2, 2006",
}

// parseTime reads a year, a date in one of the usual forms, or a range of years
// such as 1789-1850, which counts as its start: what is in a range was begun then,
// and a later cut must not train on it by its end. Two-digit years are 1969 to 2068.
// Day and month in figures alone, such as 03/04/2001, mean different days in
// different places and are refused.
func parseTime(text string) (moment, error) {
	text = strings.TrimSpace(text)
	if yearAlone.MatchString(text) {
		return yearOf(text)
	}
	if m := yearRange.FindStringSubmatch(text); m != nil {
		return yearOf(m[1])
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return day(t.Year(), t.Month(), t.Day()), nil
		}
	}
	return 0, fmt.Errorf("%q is no time; write a year, 2001-06-30, 30-Jun-01, or a range of years", shorten(text))
}

func yearOf(digits string) (moment, error) {
	y, err := strconv.Atoi(digits)
	if err != nil {
		return 0, err
	}
	return day(y, time.January, 1), nil
}
