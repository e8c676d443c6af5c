// The explorer: a run, one or two networks, a case and a threshold. Everything is counted here, from
// the levels k of probabilities k / 255; a pixel is lesion where k / 255 reaches the threshold.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("explorer");
  if (!root) return;
  const at = (name) => root.querySelector(`[name=${name}]`);
  const colours = { truth: "#009E73", answer: "#E69F00" };
  let run, pixels, turn = 0;

  // A script is what a page that was opened from a file may load.
  const load = (name) =>
    new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = `${root.dataset.folder}/${name}.js`;
      script.onload = done;
      script.onerror = () => failed(new Error(`${script.src} is missing: build the site again`));
      document.head.append(script);
    });

  const unpack = async (text) => {
    const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // A case is its image, its truth, and the levels of each network, one after the other.
  const layer = (of, i) => of.subarray(i * run.width * run.height, (i + 1) * run.width * run.height);
  const place = () => +at("threshold").value;
  const cut = (of, network, place) => {
    const least = Math.ceil(run.thresholds[place] * 255 - 1e-9);
    return layer(of, 2 + network).map((level) => +(level >= least));
  };

  const counts = (of, network, place) => {
    const truth = layer(of, 1), answer = cut(of, network, place), sums = [0, 0, 0, 0];
    truth.forEach((y, i) => (sums[2 * y + answer[i]] += 1));
    const [, wrong, missed, found] = sums, all = found + wrong + missed;
    const dice = all ? (2 * found) / (2 * found + wrong + missed) : 1;
    return { dice, iou: all ? found / all : 1, found, missed, wrong };
  };

  // Each pixel becomes a square, and an outline runs between pixels.
  const outline = (pen, mask, colour, step) => {
    const { width, height } = run;
    const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x];
    pen.strokeStyle = colour;
    pen.lineWidth = Math.max(2, step / 2);
    pen.beginPath();
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        if (!inside(x, y)) continue;
        const [a, b, c, d] = [x * step, y * step, (x + 1) * step, (y + 1) * step];
        if (!inside(x, y - 1)) pen.moveTo(a, b), pen.lineTo(c, b);
        if (!inside(x, y + 1)) pen.moveTo(a, d), pen.lineTo(c, d);
        if (!inside(x - 1, y)) pen.moveTo(a, b), pen.lineTo(a, d);
        if (!inside(x + 1, y)) pen.moveTo(c, b), pen.lineTo(c, d);
      }
    pen.stroke();
  };

  const paint = (canvas, levels, masks) => {
    const step = Math.max(1, Math.round(320 / run.width));
    Object.assign(canvas, { width: run.width * step, height: run.height * step });
    const pen = canvas.getContext("2d"), small = document.createElement("canvas");
    Object.assign(small, { width: run.width, height: run.height });
    const picture = small.getContext("2d").createImageData(run.width, run.height);
    levels.forEach((v, i) => picture.data.set([v, v, v, 255], 4 * i));
    small.getContext("2d").putImageData(picture, 0, 0);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, canvas.width, canvas.height);
    for (const [colour, mask] of masks) outline(pen, mask, colour, step);
  };

  const chosen = () => [at("first"), at("second")].map((of) => +of.value).filter((i) => i >= 0);

  const curve = () => {
    const x = (t) => 34 + 260 * t, y = (dice) => 112 - 100 * dice;
    const lines = chosen().map((network, n) => {
      const means = run.curves[run.networks[network]];
      const points = means.map((dice, i) => `${x(run.thresholds[i])},${y(dice)}`).join(" ");
      const dash = n ? "stroke-dasharray='4 3'" : "";
      return `<polyline points='${points}' fill='none' stroke='currentColor' ${dash}/>
        <circle cx='${x(run.thresholds[place()])}' cy='${y(means[place()])}' r='4'/>`;
    });
    const label = (t) => `<text x='${x(t)}' y='126' text-anchor='middle'>${t}</text>`;
    const level = (d) => `<text x='28' y='${y(d) + 4}' text-anchor='end'>${d}</text>
      <line x1='34' x2='294' y1='${y(d)}' y2='${y(d)}' stroke='currentColor' opacity='0.25'/>`;
    return `<svg viewBox='0 0 300 142' role='img' aria-label='Mean Dice by threshold' font-size='11'
      fill='currentColor'>${[0, 0.5, 1].map(level).join("")}${[0.05, 0.5, 0.95].map(label).join("")}
      <text x='164' y='139' text-anchor='middle'>threshold</text>
      <text x='36' y='106'>mean Dice of all lesions</text>${lines.join("")}</svg>`;
  };

  const draw = () => {
    const rows = chosen().map((network) => {
      const { dice, iou, missed, wrong } = counts(pixels, network, place());
      const row = document.createElement("div");
      row.className = "explored";
      const canvases = ["image, truth and answer", "probability"].map((what) => {
        const canvas = document.createElement("canvas");
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", `${run.networks[network]}: ${what}`);
        row.append(canvas);
        return canvas;
      });
      const truth = [colours.truth, layer(pixels, 1)];
      const answer = [colours.answer, cut(pixels, network, place())];
      paint(canvases[0], layer(pixels, 0), [truth, answer]);
      paint(canvases[1], layer(pixels, 2 + network), [truth]);
      const mean = run.curves[run.networks[network]][place()];
      const text = document.createElement("p");
      text.dataset.network = run.networks[network];
      text.textContent =
        `${run.networks[network]}: Dice ${dice.toFixed(4)}, IoU ${iou.toFixed(4)}, ` +
        `${missed} pixels missed, ${wrong} false. Mean Dice of ${run.lesions} lesions ${mean.toFixed(3)}.`;
      row.append(text);
      return row;
    });
    root.querySelector("[data-part=pictures]").replaceChildren(...rows);
    root.querySelector("[data-part=curve]").innerHTML = curve();
    root.querySelector("[data-part=told]").textContent = run.thresholds[place()].toFixed(2);
  };

  // What is overtaken by a later choice is dropped.
  const open = async () => {
    const mine = ++turn, content = await unpack(run.cases[+at("case").value].pixels);
    if (mine !== turn) return;
    pixels = content;
    draw();
  };

  // Cases that the filters leave, worst first by the first network at one half.
  const list = async () => {
    const mine = ++turn, half = run.thresholds.indexOf(0.5), [first] = chosen(), left = [];
    const passes = (name, value) => ["all", value].includes(at(name).value);
    for (const [i, one] of run.cases.entries()) {
      const { dice, found, missed } = counts(await unpack(one.pixels), first, half);
      if (mine !== turn) return;
      if (!passes("label", one.label) || !passes("size", one.size) || dice > +at("most").value) continue;
      left.push({ i, order: found + missed ? dice : 2, text: `${one.case}, Dice ${dice.toFixed(2)}` });
    }
    left.sort((a, b) => a.order - b.order);
    fill("case", left.map((one) => [one.i, one.text]));
    root.querySelector("[data-part=number]").textContent =
      `${left.length} of ${run.cases.length} cases, worst first`;
    if (left.length) return open();
    pixels = undefined;
    root.querySelector("[data-part=pictures]").textContent = "No case is like that.";
  };

  const fill = (name, options) =>
    at(name).replaceChildren(...options.map(([value, text]) => new Option(text, value)));

  const start = async () => {
    const mine = ++turn, id = at("run").value;
    if (!window.explored[id]) await load(`explored-${id}`);
    if (mine !== turn) return;
    run = window.explored[id];
    const names = run.networks.map((name, i) => [i, name]);
    fill("first", names);
    fill("second", [[-1, "none"], ...names]);
    if (names.length > 1) at("second").value = 1;
    const labels = [...new Set(run.cases.map((one) => one.label))].sort();
    fill("label", [["all", "all"], ...labels.map((label) => [label, label])]);
    root.querySelector("[data-part=credit]").textContent = run.credit;
    at("threshold").max = run.thresholds.length - 1;
    at("threshold").value = run.thresholds.indexOf(0.5);
    await list();
  };

  const step = (by) => {
    const of = at("case");
    if (!of.options.length) return Promise.resolve();
    of.selectedIndex = (of.selectedIndex + by + of.options.length) % of.options.length;
    return open();
  };

  const act = { run: start, first: list, second: open, label: list, size: list, most: list, case: open };
  const report = (error) => (root.querySelector("[data-part=pictures]").textContent = error.message);
  root.addEventListener("change", (event) => act[event.target.name]?.().catch(report));
  at("threshold").addEventListener("input", () => pixels && draw());
  for (const [name, by] of [["before", -1], ["after", 1]])
    at(name).addEventListener("click", () => step(by).catch(report));
  const begin = async () => {
    await load("explored");
    fill("run", window.explorable);
    const named = new URLSearchParams(location.search).get("run");
    if (window.explorable.some(([id]) => id === named)) at("run").value = named;
    if (!window.explorable.length) throw new Error("No run has kept its cases yet: call `make book`.");
    await start();
  };
  begin().catch(report);
});
