// The shapes of report.json and of the server's answers, as inward/page/schema.py has them.

/** @typedef {{kind: "float32"|"uint8"|"int8", shape: number[], step: number[]|null, zero: number[]|null, data: string}} Packed */
/** @typedef {{name: string, kind: string, shape: number[], made: [string, string]|null}} Layer */
/** @typedef {{target: number, versus: number|null, baseline: string, score: string}} Question */
/** @typedef {{question: Question, why: string, values: Packed, scale: number, total: number|null, gap: number|null,
 *   relative_gap: number|null, error: number|null, converged: boolean, tolerance: number, evaluations: number,
 *   forward_evaluations: number, rule: string, certificate: string[]}} AttributionMap */
/** @typedef {{question: Question, why: string, start: Packed, alphas: number[], probabilities: Packed,
 *   strengths: Packed, pushes: Packed, curve_alphas: number[], norms: (number|null)[], derivatives: (number|null)[],
 *   shares: (number|null)[]}} Walk */
/** @typedef {{box: number[], size: number[], on_input: number[], pixels: Packed, probabilities: number[], map: AttributionMap}} Crop */
/** @typedef {{id: number, name: string, label: number|null, pixels: Packed, logits: (number|null)[],
 *   probabilities: number[], size: number[]|null}} Picture */
/** @typedef {{image: Picture, map: AttributionMap, walk: Walk, layers: Record<string, Packed>, crops: Crop[]}} Looked */
/** @typedef {{count: number, non_finite: number, mean: number|null, standard_deviation: number|null,
 *   minimum: number|null, maximum: number|null}} Statistics */
/** @typedef {{name: string, edges: number[], after: number[], before: number[]|null, after_statistics: Statistics,
 *   before_statistics: Statistics|null, distance: number|null}} LayerWeights */
/** @typedef {{edges: Packed, counts: Packed, norms: (number|null)[]}} Spread */
/** @typedef {{weights: Record<string, Spread>, gradients: Record<string, Spread>, activations: Record<string, Spread>}} Formation */
/** @typedef {{name: string, caption: string, alt: string, source: string, small: boolean}} Drawn */
/** @typedef {{columns: string[], rows: string[][]}} Table */
/** @typedef {{title: string, text: string[], pictures: Drawn[], table: Table|null}} Section */
/** @typedef {{format: number, live: boolean, title: string, lead: string,
 *   network: {name: string, classes: string[], count: number, layers: Layer[]}, images: Picture[],
 *   weights: LayerWeights[], training: Record<string, (number|null)[]>, formation: Formation|null, sections: Section[],
 *   settings: Record<string, unknown>, command: string}} Head */

/** What a person asks; target null is the predicted class.
 * @typedef {{target: number|null, versus: number|null, baseline: string, score: string}} Ask */

/** Where everything comes from: a frozen page, or a live server.
 * @typedef {{
 *   live: boolean,
 *   head: Head,
 *   map: (id: number, ask: Ask, work: Work) => Promise<AttributionMap>,
 *   walk: (id: number, ask: Ask, work: Work) => Promise<Walk>,
 *   layer: (id: number, name: string, signal: AbortSignal) => Promise<Packed|null>,
 *   crops: (id: number) => Promise<Crop[]>,
 *   crop: (id: number, box: number[], ask: Ask, work: Work) => Promise<Crop>,
 *   picture: (id: number, signal: AbortSignal) => Promise<Packed>,
 *   upload: (file: Blob, name: string) => Promise<Picture>,
 *   frozen: (ids: number[], ask: Ask, work: Work) => Promise<Blob>,
 * }} Source */

/** @typedef {{signal: AbortSignal, tell: (share: number) => void}} Work */

export {};
