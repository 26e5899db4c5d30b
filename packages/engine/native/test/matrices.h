// Random products in every layout, and what they must give, in float64 loops.
#pragma once
#include <algorithm>
#include <cmath>

#include "check.h"
#include "product.h"

namespace foretoken {

struct ProductCase {
  int64_t rows, columns, depth;
  bool turns_a = false, turns_b = false;
  /// Values between the end of one line of a matrix and the next.
  int64_t gap = 0;
  bool has_bias = false, has_residual = false;
  bool takes_bfloat16 = false;

  std::string name() const {
    return say("[%lld,%lld]x[%lld,%lld]%s%s gap %lld%s%s%s", (long long)rows, (long long)depth, (long long)depth, (long long)columns,
               turns_a ? " A transposed" : "", turns_b ? " B transposed" : "", (long long)gap, has_bias ? " bias" : "",
               has_residual ? " residual" : "", takes_bfloat16 ? " bfloat16" : "");
  }
};

/// The nearest number of eight binary digits, ties to even.
inline double nearest_bfloat16(double value) {
  int exponent;
  const double part = std::frexp(value, &exponent);
  return std::isfinite(value) ? std::ldexp(std::nearbyint(std::ldexp(part, 8)), exponent - 8) : value;
}

/// A case with values. Every array ends with the last value that may be read, so that a sanitizer sees one beyond.
class Matrices {
 public:
  Matrices(const ProductCase& shape, uint64_t seed) : shape_(shape) {
    Random random(seed);
    const ProductCase& s = shape_;
    a_line_ = (s.turns_a ? s.rows : s.depth) + s.gap;
    b_line_ = (s.turns_b ? s.depth : s.columns) + s.gap;
    c_line_ = s.columns + s.gap;
    a = random.values(length(s.turns_a ? s.depth : s.rows, s.turns_a ? s.rows : s.depth, a_line_));
    b = random.values(length(s.turns_b ? s.columns : s.depth, s.turns_b ? s.depth : s.columns, b_line_));
    if (s.has_bias) bias = random.values(s.columns);
    if (s.has_residual) residual = random.values(length(s.rows, s.columns, c_line_));
  }

  std::vector<float> a, b, bias, residual;

  float at_a(int64_t row, int64_t k) const { return a[shape_.turns_a ? k * a_line_ + row : row * a_line_ + k]; }
  float at_b(int64_t k, int64_t column) const { return b[shape_.turns_b ? column * b_line_ + k : k * b_line_ + column]; }
  float& at_b(int64_t k, int64_t column) { return b[shape_.turns_b ? column * b_line_ + k : k * b_line_ + column]; }
  float& at_a(int64_t row, int64_t k) { return a[shape_.turns_a ? k * a_line_ + row : row * a_line_ + k]; }

  Product product(float* c) const {
    Product p{};
    p.a = a.data();
    p.a_row = shape_.turns_a ? 1 : a_line_;
    p.a_depth = shape_.turns_a ? a_line_ : 1;
    p.b = b.data();
    p.b_depth = shape_.turns_b ? 1 : b_line_;
    p.b_column = shape_.turns_b ? b_line_ : 1;
    p.c = c;
    p.c_row = c_line_;
    p.rows = shape_.rows;
    p.columns = shape_.columns;
    p.depth = shape_.depth;
    p.bias = shape_.has_bias ? bias.data() : nullptr;
    p.residual = shape_.has_residual ? residual.data() : nullptr;
    p.residual_row = c_line_;
    p.takes_bfloat16 = shape_.takes_bfloat16;
    return p;
  }

  /// C without its gaps; checks that the gaps were left alone.
  std::vector<float> run() const {
    constexpr float kUntouched = 12345.0f;
    std::vector<float> c(static_cast<size_t>(length(shape_.rows, shape_.columns, c_line_)), kUntouched);
    multiply(product(c.data()));
    std::vector<float> dense;
    for (int64_t row = 0; row < shape_.rows; row++) {
      for (int64_t at = 0; at < c_line_ && row * c_line_ + at < static_cast<int64_t>(c.size()); at++) {
        const float value = c[row * c_line_ + at];
        if (at < shape_.columns) dense.push_back(value);
        else CHECK(value == kUntouched, shape_.name() + ": wrote between the rows of C");
      }
    }
    return dense;
  }

  /// Checks C against float64 loops, to the rounding that a chain of that depth may add up.
  void check(const std::vector<float>& c) const {
    const ProductCase& s = shape_;
    const std::vector<double> columns = taken_columns();
    std::vector<double> line(static_cast<size_t>(s.depth));
    for (int64_t row = 0; row < s.rows; row++) {
      for (int64_t k = 0; k < s.depth; k++) line[k] = taken(at_a(row, k));
      for (int64_t column = 0; column < s.columns; column++) {
        double sum = 0.0, size = 0.0;
        const auto add = [&](double value) {
          sum += value;
          size += std::fabs(value);
        };
        for (int64_t k = 0; k < s.depth; k++) add(line[k] * columns[column * s.depth + k]);
        if (s.has_bias) add(bias[column]);
        if (s.has_residual) add(residual[row * c_line_ + column]);
        const double got = c[row * s.columns + column];
        CHECK(std::fabs(got - sum) <= size * (static_cast<double>(s.depth) + 4.0) * 0x1p-24,
              s.name() + say(" at %lld,%lld: %.9g, expected %.9g", (long long)row, (long long)column, got, sum));
      }
    }
  }

  /// C where A, B, bias and residual are taken from these, rows and columns from an offset on.
  std::vector<float> part(int64_t row, int64_t rows, int64_t column, int64_t columns) const {
    std::vector<float> c(static_cast<size_t>(rows * columns));
    Product p = product(c.data());
    p.a += row * p.a_row;
    p.b += column * p.b_column;
    p.rows = rows;
    p.columns = columns;
    p.c_row = columns;
    if (p.bias) p.bias += column;
    if (p.residual) p.residual += row * p.residual_row + column;
    multiply(p);
    return c;
  }

  /// The same matrices in another layout.
  Matrices turned(bool turns_a, bool turns_b, int64_t gap) const {
    ProductCase shape = shape_;
    shape.turns_a = turns_a;
    shape.turns_b = turns_b;
    shape.gap = gap;
    Matrices other(shape, 1);
    for (int64_t k = 0; k < shape.depth; k++) {
      for (int64_t row = 0; row < shape.rows; row++) other.at_a(row, k) = at_a(row, k);
      for (int64_t column = 0; column < shape.columns; column++) other.at_b(k, column) = at_b(k, column);
    }
    other.bias = bias;
    for (int64_t at = 0; shape.has_residual && at < shape.rows * shape.columns; at++) {
      const int64_t row = at / shape.columns, column = at % shape.columns;
      other.residual[row * other.c_line_ + column] = residual[row * c_line_ + column];
    }
    return other;
  }

 private:
  /// B as the product takes it, column after column.
  std::vector<double> taken_columns() const {
    std::vector<double> columns;
    for (int64_t column = 0; column < shape_.columns; column++) {
      for (int64_t k = 0; k < shape_.depth; k++) columns.push_back(taken(at_b(k, column)));
    }
    return columns;
  }

  double taken(float value) const { return shape_.takes_bfloat16 ? nearest_bfloat16(value) : value; }

  static int64_t length(int64_t lines, int64_t width, int64_t line) { return lines == 0 || width == 0 ? 0 : (lines - 1) * line + width; }

  ProductCase shape_;
  int64_t a_line_, b_line_, c_line_;
};

}  // namespace foretoken
