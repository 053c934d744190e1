// Sums over rows, columns and whole tensors, each in one fixed order.
//
// Along a row: 16 lanes, then the tree of v_sum. Down a column: segments of
// SEGMENT rows, each from zero in row order, added in order. Over a tensor:
// blocks of a fixed length in 16 lanes and a tree, the blocks in order (Go
// adds them in float64).

#define SEGMENT 64

// 4 vectors of columns at a time keep the sums in registers.
#define COLUMN_STEP (4 * LANES)

// column_dot gives dst[c] (+)= Σ_r x[r,c]·y[r,c]; with y null it sums x.
FORCE void column_reduce(float *dst, const float *x, const float *y, int64_t ld, int64_t rows, int64_t cols, int acc)
{
	for (int64_t c = 0; c < cols; c += COLUMN_STEP) {
		int vectors = cols - c >= COLUMN_STEP ? 4 : (int)((cols - c + LANES - 1) / LANES);
		vf total[4];
		for (int v = 0; v < vectors; v++)
			total[v] = acc ? v_load_some(dst + c + v * LANES, cols - c - v * LANES) : v_set(0.0f);
		for (int64_t r0 = 0; r0 < rows; r0 += SEGMENT) {
			int64_t r1 = r0 + SEGMENT < rows ? r0 + SEGMENT : rows;
			vf part[4] = {v_set(0.0f), v_set(0.0f), v_set(0.0f), v_set(0.0f)};
			for (int64_t r = r0; r < r1; r++)
				for (int v = 0; v < vectors; v++) {
					int64_t at = r * ld + c + v * LANES, left = cols - c - v * LANES;
					vf a = v_load_some(x + at, left);
					part[v] = y ? v_fma(a, v_load_some(y + at, left), part[v]) : v_add(part[v], a);
				}
			for (int v = 0; v < vectors; v++)
				total[v] = v_add(total[v], part[v]);
		}
		for (int v = 0; v < vectors; v++)
			v_store_some(dst + c + v * LANES, total[v], cols - c - v * LANES);
	}
}

static void column_sum(float *dst, const float *x, int64_t ld, int64_t rows, int64_t cols, int acc)
{
	column_reduce(dst, x, 0, ld, rows, cols, acc);
}

static void column_dot(float *dst, const float *x, const float *y, int64_t ld, int64_t rows, int64_t cols, int acc)
{
	column_reduce(dst, x, y, ld, rows, cols, acc);
}

FORCE float row_sum(const float *x, int64_t n)
{
	vf s = v_set(0.0f);
	for (int64_t i = 0; i < n; i += LANES)
		s = v_add(s, v_load_some(x + i, n - i));
	return v_sum(s);
}

FORCE float row_dot(const float *x, const float *y, int64_t n)
{
	vf s = v_set(0.0f);
	for (int64_t i = 0; i < n; i += LANES)
		s = v_fma(v_load_some(x + i, n - i), v_load_some(y + i, n - i), s);
	return v_sum(s);
}

static void sum_block(double *dst, const float *x, int64_t n) { *dst = row_sum(x, n); }

static void squared_norm_block(double *dst, const float *x, int64_t n) { *dst = row_dot(x, x, n); }

// non_finite_block sets dst to 1 if any element is NaN or infinite, else 0:
// zero times such an element is NaN, and NaN stays.
static void non_finite_block(double *dst, const float *x, int64_t n)
{
	vf s = v_set(0.0f);
	for (int64_t i = 0; i < n; i += LANES)
		s = v_fma(v_load_some(x + i, n - i), v_set(0.0f), s);
	*dst = v_sum(s) == 0.0f ? 0.0 : 1.0;
}

static void row_norms(float *dst, const float *x, int64_t rows, int64_t cols)
{
	for (int64_t r = 0; r < rows; r++)
		dst[r] = __builtin_sqrtf(row_dot(x + r * cols, x + r * cols, cols));
}

// transpose writes dst[c, r] = x[r, c] for a block of rows and columns.
static void transpose(float *dst, const float *x, int64_t ldd, int64_t ldx, int64_t rows, int64_t cols)
{
	for (int64_t r0 = 0; r0 < rows; r0 += LANES)
		for (int64_t c = 0; c < cols; c++) {
			int64_t r1 = r0 + LANES < rows ? r0 + LANES : rows;
			for (int64_t r = r0; r < r1; r++)
				dst[c * ldd + r] = x[r * ldx + c];
		}
}

// segment_mean gives the mean of the rows, added in order; no row, zeros.
static void segment_mean(float *dst, const float *x, int64_t rows, int64_t cols)
{
	for (int64_t c = 0; c < cols; c += LANES) {
		vf s = v_set(0.0f);
		for (int64_t r = 0; r < rows; r++)
			s = v_add(s, v_load_some(x + r * cols + c, cols - c));
		if (rows > 0)
			s = v_div(s, v_set((float)rows));
		v_store_some(dst + c, s, cols - c);
	}
}

// segment_max gives the maximum of the rows and the first row that has it,
// counted from first; no row, zeros and -1.
static void segment_max(float *dst, int32_t *arg, const float *x, int64_t first, int64_t rows, int64_t cols)
{
	for (int64_t c = 0; c < cols; c++) {
		int64_t best = 0;
		for (int64_t r = 1; r < rows; r++)
			if (x[r * cols + c] > x[best * cols + c])
				best = r;
		dst[c] = rows > 0 ? x[best * cols + c] : 0.0f;
		arg[c] = rows > 0 ? (int32_t)(first + best) : -1;
	}
}
