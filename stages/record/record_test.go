package record

import (
	"strings"
	"testing"

	"runexp/stages/work"
)

// TestMeasurementsThatAreNoNumbers: a record that was spoilt is not a measurement of 0.
func TestMeasurementsThatAreNoNumbers(t *testing.T) {
	measured := map[string]string{work.InfoSeconds: "1.25", work.InfoPeak: "many"}
	if v, err := measurement(measured, work.InfoSeconds); v != 1.25 || err != nil {
		t.Errorf("%v, %v; want 1.25", v, err)
	}
	if v, err := measurement(measured, work.InfoRate); v != 0 || err != nil {
		t.Errorf("%v, %v; want 0 where nothing was measured", v, err)
	}
	if _, err := measurement(measured, work.InfoPeak); err == nil || !strings.Contains(err.Error(), `peak_bytes "many" is no number`) {
		t.Errorf("error %v", err)
	}
}
