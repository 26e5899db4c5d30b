#include "rows.h"

#include "call.h"

namespace foretoken {

namespace {

/// rmsNorm(x, gain, N, D, epsilon).
napi_value norm(Call& call) {
  const int64_t N = call.size(2), D = call.size(3), count = product_of({N, D});
  const float* x = call.floats(0, count);
  const float* gain = call.floats(1, D);
  Output y(count);
  rms_norm(x, gain, static_cast<float>(call.number(4)), y.floats(), N, D);
  return call.result(y.take());
}

/// rmsNormGradients(dy, x, gain, N, D, epsilon, scale): [dx, dgain].
napi_value norm_gradients(Call& call) {
  const int64_t N = call.size(3), D = call.size(4), count = product_of({N, D});
  const float* dy = call.floats(0, count);
  const float* x = call.floats(1, count);
  const float* gain = call.floats(2, D);
  Output dx(count), dgain(D);
  rms_norm_backward(dy, x, gain, static_cast<float>(call.number(5)), static_cast<float>(call.number(6)), dx.floats(), dgain.floats(), N, D);
  return call.result(std::vector<double>{dx.take(), dgain.take()});
}

/// rotate(x, cosines, sines, nodes, H, d, direction).
napi_value turn(Call& call) {
  const int64_t nodes = call.size(3), H = call.size(4), d = call.size(5), count = product_of({nodes, H, d});
  if (d % 2 != 0) call.refuse(5, "even");
  const float* x = call.floats(0, count);
  const float* cosines = call.floats(1, product_of({nodes, d / 2}));
  const float* sines = call.floats(2, product_of({nodes, d / 2}));
  Output y(count);
  rotate(x, cosines, sines, y.floats(), nodes, H, d, static_cast<float>(call.number(6)));
  return call.result(y.take());
}

/// gated(gate, up, count).
napi_value gate(Call& call) {
  const int64_t count = call.size(2);
  const float* gates = call.floats(0, count);
  const float* ups = call.floats(1, count);
  Output y(count);
  gated(gates, ups, y.floats(), count);
  return call.result(y.take());
}

/// gatedGradients(dInner, gate, up, count): [dGate, dUp, inner].
napi_value gate_gradients(Call& call) {
  const int64_t count = call.size(3);
  const float* flow = call.floats(0, count);
  const float* gates = call.floats(1, count);
  const float* ups = call.floats(2, count);
  Output dgate(count), dup(count), inner(count);
  gated_backward(flow, gates, ups, dgate.floats(), dup.floats(), inner.floats(), count);
  return call.result(std::vector<double>{dgate.take(), dup.take(), inner.take()});
}

/// crossEntropy(logits, targets, R, V): [loss, dLogits].
napi_value entropy(Call& call) {
  const int64_t R = call.size(2), V = call.size(3), count = product_of({R, V});
  const float* logits = call.floats(0, count);
  const View<int32_t> targets = call.ints(1);
  if (static_cast<int64_t>(targets.size) != R) call.refuse(1, "one target a row");
  for (int64_t row = 0; row < R; row++) {
    if (targets.data[row] >= V) call.refuse(1, "targets below " + std::to_string(V));
  }
  Output loss(R), dlogits(count);
  cross_entropy(logits, targets.data, loss.floats(), dlogits.floats(), R, V);
  return call.result(std::vector<double>{loss.take(), dlogits.take()});
}

/// adamw(handles of weight, gradient, moment1, moment2 of each slot, [rate, beta1, beta2, epsilon, decay, step, scale]): in place.
napi_value optimize(Call& call) {
  const View<double> handles = call.doubles(0);
  const View<double> o = call.doubles(1);
  if (handles.size % 4 != 0) call.refuse(0, "four handles a slot");
  if (o.size != 7) call.refuse(1, "seven numbers");
  const double rate = o.data[0], beta1 = o.data[1], beta2 = o.data[2], step = o.data[5];
  std::vector<AdamWRange> slots;
  for (size_t at = 0; at < handles.size; at += 4) {
    Buffer* buffers[4];
    for (int side = 0; side < 4; side++) {
      buffers[side] = &Buffers::instance().at(handles.data[at + side]);
      if (buffers[side]->bytes != buffers[0]->bytes) call.refuse(0, "slots of one size each");
    }
    AdamWRange slot{};
    slot.weight = static_cast<float*>(buffers[0]->data);
    slot.gradient = static_cast<const float*>(buffers[1]->data);
    slot.moment1 = static_cast<float*>(buffers[2]->data);
    slot.moment2 = static_cast<float*>(buffers[3]->data);
    slot.count = buffers[0]->bytes / 4;
    slot.gradient_scale = static_cast<float>(o.data[6]);
    slot.beta1 = static_cast<float>(beta1);
    slot.beta2 = static_cast<float>(beta2);
    slot.epsilon = static_cast<float>(o.data[3]);
    slot.decay = static_cast<float>(1.0 - rate * o.data[4]);
    slot.rate1 = static_cast<float>(rate / (1.0 - __builtin_pow(beta1, step)));
    slot.bias2 = static_cast<float>(1.0 / (1.0 - __builtin_pow(beta2, step)));
    slots.push_back(slot);
  }
  adamw(slots);
  return call.undefined();
}

/// sumOfSquares(handles).
napi_value squares(Call& call) {
  const View<double> handles = call.doubles(0);
  std::vector<std::pair<const float*, size_t>> tensors;
  for (size_t at = 0; at < handles.size; at++) {
    const Buffer& buffer = Buffers::instance().at(handles.data[at]);
    tensors.emplace_back(static_cast<const float*>(buffer.data), buffer.bytes / 4);
  }
  return call.result(sum_of_squares(tensors));
}

/// gather(table, rows, count of table rows, width).
napi_value gather(Call& call) {
  const int64_t rows = call.size(2), width = call.size(3);
  const float* table = call.floats(0, product_of({rows, width}));
  const View<int32_t> wanted = call.ints(1);
  check_indices(call, 1, wanted, rows);
  Output out(product_of({static_cast<int64_t>(wanted.size), width}));
  gather_rows(table, wanted.data, out.floats(), static_cast<int64_t>(wanted.size), width);
  return call.result(out.take());
}

/// scatter(values, rows, count of table rows, width): the sum of the values of each row.
napi_value scatter(Call& call) {
  const int64_t rows = call.size(2), width = call.size(3);
  const View<int32_t> places = call.ints(1);
  const float* values = call.floats(0, product_of({static_cast<int64_t>(places.size), width}));
  check_indices(call, 1, places, rows);
  Output out(product_of({rows, width}));
  scatter_rows(values, places.data, out.floats(), static_cast<int64_t>(places.size), rows, width);
  return call.result(out.take());
}

/// transpose(x, rows, columns).
napi_value turn_matrix(Call& call) {
  const int64_t rows = call.size(1), columns = call.size(2), count = product_of({rows, columns});
  const float* x = call.floats(0, count);
  Output y(count);
  transpose(x, y.floats(), rows, columns);
  return call.result(y.take());
}

/// cut(x, rows, width, begin, size): columns [begin, begin + size) of each row.
napi_value cut(Call& call) {
  const int64_t rows = call.size(1), width = call.size(2), begin = call.size(3), size = call.size(4);
  if (begin + size > width) call.refuse(4, "within the row");
  const float* x = call.floats(0, product_of({rows, width}));
  Output y(product_of({rows, size}));
  copy_blocks(x + begin, width, y.floats(), size, rows, size);
  return call.result(y.take());
}

/// place(block, rows, width, begin, size): zeros with columns [begin, begin + size) of each row filled.
napi_value place(Call& call) {
  const int64_t rows = call.size(1), width = call.size(2), begin = call.size(3), size = call.size(4);
  if (begin + size > width) call.refuse(4, "within the row");
  const float* block = call.floats(0, product_of({rows, size}));
  Output y(product_of({rows, width}));
  __builtin_memset(y.floats(), 0, rows * width * sizeof(float));
  copy_blocks(block, size, y.floats() + begin, width, rows, size);
  return call.result(y.take());
}

/// argmax(x, rows, width): int32.
napi_value argmax(Call& call) {
  const int64_t rows = call.size(1), width = call.size(2);
  if (width == 0) call.refuse(2, "1 or more");
  const float* x = call.floats(0, product_of({rows, width}));
  Output y(rows);
  argmax_rows(x, y.int32s(), rows, width);
  return call.result(y.take());
}

/// sample(logits, uniform, N, V, temperature): int32.
napi_value draw(Call& call) {
  const int64_t rows = call.size(2), width = call.size(3);
  if (width == 0) call.refuse(3, "1 or more");
  const float* logits = call.floats(0, product_of({rows, width}));
  const View<double> uniform = call.doubles(1);
  if (static_cast<int64_t>(uniform.size) != rows) call.refuse(1, "one number a row");
  Output out(rows);
  sample_rows(logits, uniform.data, static_cast<float>(call.number(4)), out.int32s(), rows, width);
  return call.result(out.take());
}

/// softmax(x, rows, width, isLog).
napi_value soft(Call& call) {
  const int64_t rows = call.size(1), width = call.size(2), count = product_of({rows, width});
  const float* x = call.floats(0, count);
  Output y(count);
  softmax(x, y.floats(), rows, width, call.flag(3));
  return call.result(y.take());
}

/// sumColumns(x, rows, columns).
napi_value columns(Call& call) {
  const int64_t rows = call.size(1), width = call.size(2);
  const float* x = call.floats(0, product_of({rows, width}));
  Output y(width);
  sum_columns(x, y.floats(), rows, width);
  return call.result(y.take());
}

}  // namespace

void register_rows(napi_env env, napi_value exports) {
  export_functions(env, exports,
                   {{"rmsNorm", norm},
                    {"rmsNormGradients", norm_gradients},
                    {"rotate", turn},
                    {"gated", gate},
                    {"gatedGradients", gate_gradients},
                    {"crossEntropy", entropy},
                    {"adamw", optimize},
                    {"sumOfSquares", squares},
                    {"gather", gather},
                    {"scatter", scatter},
                    {"transpose", turn_matrix},
                    {"cut", cut},
                    {"place", place},
                    {"argmax", argmax},
                    {"sample", draw},
                    {"softmax", soft},
                    {"sumColumns", columns}});
}

}  // namespace foretoken
