// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head.
import { flat, LANES, type Shader } from '../launcher.ts';

/** Numbers at the front of `sights` that say what one node sees. */
export const SIGHT_FIELDS = 4;

/**
 * softmax(q k / sqrt(d)) v of every node over what it sees.
 *
 * What node n sees, oldest first: sights[4n+1] places that stand in a row at sights[4n], then sights[4n+3] more, at
 * sights[4n+2]. A negative start -s-1 stands for the places s, s+1, s+2, .. themselves. Keys and values lie at `place`
 * in [places,G,d]. 64 keys are scored at a time and the sums are taken in order, so that a node's bits follow from what
 * it sees alone. A node that sees nothing gives zeros.
 * @param width - d
 */
export function attention(width: number): Shader {
  const own = Math.ceil(width / LANES);
  return {
    name: `attention ${own}`,
    outputs: ['y'],
    inputs: ['q', 'keys', 'values', 'sights: i32'],
    parameters: ['attentionHeads', 'groups', 'width', 'scale: f32'],
    code: `
const LOWEST = -3.4028234e38;
var<workgroup> weights: array<f32, ${LANES}>;
var<workgroup> places: array<u32, ${LANES}>;

fn placeOf(start: i32, rank: i32) -> u32 {
  if (start < 0) { return u32(-start - 1 + rank); }
  return u32(sights[start + rank]);
}

@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) nodes: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let head = group.x;
  let node = group.z * nodes.y + group.y;
  let far = sights[4u * node + 1u];
  let seen = far + sights[4u * node + 3u];
  let query = (node * at.attentionHeads + head) * at.width;
  let row = at.groups * at.width;
  let offset = head * at.groups / at.attentionHeads * at.width;
  var largest = LOWEST;
  var total = 0.0;
  var sums: array<f32, ${own}>;
  for (var first = 0; first < seen; first += ${LANES}) {
    let rank = first + i32(lane);
    var score = LOWEST;
    if (rank < seen) {
      var place = 0u;
      if (rank < far) { place = placeOf(sights[4u * node], rank); }
      else { place = placeOf(sights[4u * node + 2u], rank - far); }
      places[lane] = place;
      var dot = 0.0;
      for (var j = 0u; j < at.width; j++) { dot = fma(q[query + j], keys[place * row + offset + j], dot); }
      score = dot * at.scale;
    }
    weights[lane] = score;
    workgroupBarrier();
    let count = u32(min(${LANES}, seen - first));
    var most = largest;
    for (var i = 0u; i < count; i++) { most = max(most, weights[i]); }
    workgroupBarrier();
    weights[lane] = exp(score - most);
    workgroupBarrier();
    let shrink = exp(largest - most);
    total *= shrink;
    for (var i = 0u; i < count; i++) { total += weights[i]; }
    for (var part = 0u; part < ${own}u; part++) {
      let j = part * ${LANES}u + lane;
      if (j < at.width) {
        var sum = sums[part] * shrink;
        for (var i = 0u; i < count; i++) { sum = fma(weights[i], values[places[i] * row + offset + j], sum); }
        sums[part] = sum;
      }
    }
    largest = most;
    workgroupBarrier();
  }
  for (var part = 0u; part < ${own}u; part++) {
    let j = part * ${LANES}u + lane;
    if (j < at.width) { y[query + j] = select(0.0, sums[part] / total, seen > 0); }
  }
}`,
  };
}

/** Puts keys and values of new nodes [nodes,width] at their places: pairs of (node, place). */
export const remember = flat({
  name: 'remember',
  outputs: ['keys', 'values'],
  inputs: ['newKeys', 'newValues', 'pairs: i32'],
  parameters: ['width'],
  body: `
  let pair = 2u * (index / at.width);
  let column = index % at.width;
  let from_ = u32(pairs[pair]) * at.width + column;
  let to = u32(pairs[pair + 1u]) * at.width + column;
  keys[to] = newKeys[from_];
  values[to] = newValues[from_];`,
});
