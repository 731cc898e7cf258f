// Charts: the server says what (docs/ui.md), this file says how it looks. Colours come from the style sheet.
const library = document.querySelector('meta[name="kam-echarts"]')?.content;
const language = document.documentElement.lang || "en";
const mounted = new Map();
const TOKENS = ["ink", "ink2", "ink3", "rule", "rule2", "canvas", "accent", "accent-soft", "good", "warning", "bad", "volume", "volume-line", "done", "neutral-soft"];

// A probe resolves light-dark() for the theme in force.
function palette() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colours = {};
  for (const token of TOKENS) {
    probe.style.color = `var(--${token})`;
    colours[token] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

const hatch = (c) => ({ symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -Math.PI / 4, color: c["volume-line"] });
const line = (color, width, type = "solid") => ({ type: "line", symbol: "none", lineStyle: { color, width, type }, itemStyle: { color } });
const bar = (color, extra = {}) => ({ type: "bar", barMaxWidth: 28, barCategoryGap: "38%", itemStyle: { color, ...extra } });
const ROLES = {
  actual: (c) => line(c.accent, 2.25),
  forecast: (c) => line(c.accent, 1.75, "dashed"),
  second: (c) => line(c.ink2, 1.75),
  theirs: (c) => line(c.ink2, 1.75, "dotted"),
  last_year: (c) => line(c.ink3, 1.25, "dashed"),
  volume: (c) => bar(c.volume),
  strong: (c) => bar(c.accent),
  done: (c) => bar(c.done),
  bad: (c) => bar(c.bad),
  warning: (c) => bar(c.warning),
  open: (c) => bar(c.canvas, { borderColor: c["volume-line"], borderWidth: 1, decal: hatch(c) }),
};

const figures = (decimals) => new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: "always" });
const minus = (text) => text.replace("-", "\u2212");

function withTokens(value, c) {
  if (typeof value === "string") return value.startsWith("$") && c[value.slice(1)] ? c[value.slice(1)] : value;
  if (Array.isArray(value)) return value.map((item) => withTokens(item, c));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTokens(item, c)]));
  return value;
}

// Names stand in one column right of the plot, however far the last bar reaches, and none upon another.
function atEnd(text, color, room, bold) {
  return {
    endLabel: { show: true, formatter: text, color, fontSize: 11, fontWeight: bold ? 600 : 400, lineHeight: 15, width: room.width, overflow: "break" },
    labelLayout: () => ({ x: room.left(), align: "left", moveOverlap: "shiftY" }),
  };
}

function series(entry, c, spec, first, room) {
  const { role = "volume", name, data, label, stack, colours } = entry;
  const look = ROLES[role]?.(c) ?? ROLES.volume(c);
  const direct = look.type === "line" && name;
  const points = colours ? data.map((value, i) => (colours[i] ? { value, itemStyle: { color: c[colours[i]] } } : value)) : data;
  return {
    name, data: points, stack, connectNulls: false, z: look.type === "line" ? 3 : 2, ...look,
    ...(direct ? atEnd(endText(spec, entry), look.itemStyle.color, room, role !== "last_year") : {}),
    emphasis: { disabled: true },
    ...(first ? marks(spec, c) : {}),
  };
}

// The agreed band and limit lines hang on the first series.
function marks(spec, c) {
  const found = {};
  if (spec.bands) {
    found.markArea = { silent: true, itemStyle: { color: c["accent-soft"] }, data: spec.bands.map((b) => [{ yAxis: b.from }, { yAxis: b.to }]) };
  }
  if (spec.lines) {
    found.markLine = {
      silent: true, symbol: "none", lineStyle: { color: c.ink3, type: "dashed", width: 1 },
      label: { show: false }, data: spec.lines.map((l) => ({ yAxis: l.at })),
    };
  }
  return found;
}

// A limit is drawn across the plot as a mark; its name and its figure come with a series that is not seen.
const limit = (spec, c, room) => ({ at, name }) => ({
  name, data: spec.x.map(() => at), ...line(c.ink3, 0), lineStyle: { opacity: 0 }, silent: true, ...atEnd(name, c.ink2, room, false),
});

// A line that is alone is named by the caption: its end says the last figure instead.
function endText(spec, { label, name, data }) {
  const last = data.at(-1);
  if (label || spec.series.length > 1 || last === null || last === undefined) return label ?? name;
  return minus(figures(spec.decimals ?? 0).format(last)) + (spec.unit ? `\u00a0${spec.unit}` : "");
}

// Lines show where they move: without bars the axis begins near the lowest figure, at a round number.
function range(spec) {
  const given = { min: spec.min, max: spec.max };
  if (spec.min !== undefined || spec.max !== undefined || spec.series.some((s) => ROLES[s.role ?? "volume"]({}).type === "bar")) return given;
  const shown = [...spec.series.flatMap((s) => s.data), ...(spec.lines ?? []).map((l) => l.at), ...(spec.bands ?? []).flatMap((b) => [b.from, b.to])];
  const known = shown.filter((v) => typeof v === "number");
  const low = Math.min(...known), high = Math.max(...known);
  if (!known.length || low < 0) return given;
  const step = roundStep(Math.max(high - low, Math.abs(high) * 0.08) / 3);
  const min = Math.floor(Math.max(low - step / 2, 0) / step) * step, max = Math.ceil(high / step) * step;
  if (low < (high - low) / 2 || !(max > min)) return { min: 0 };
  return { min: exactly(min, step), max: exactly(spec.unit === "%" && high <= 100 ? Math.min(max, 100) : max, step), interval: exactly(step, step) };
}

function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  return [1, 2, 5, 10].find((n) => n * power >= rough) * power;
}
const exactly = (value, step) => Number(value.toFixed(Math.max(0, 1 - Math.floor(Math.log10(step)))));

const widest = (texts) => Math.max(0, ...texts.filter(Boolean).map((t) => [...t].reduce((sum, ch) => sum + (ch > "\u2e80" ? 11.5 : 6.3), 0)));

function rightMargin(spec) {
  const lines = spec.series.filter((s) => ROLES[s.role]?.({})?.type === "line");
  const width = widest([...lines.map((s) => endText(spec, s)), ...(spec.lines ?? []).map((l) => l.name)]);
  return width ? Math.min(width + 18, 132) : 4;
}

function axes(spec, c, number) {
  const text = { color: c.ink3, fontSize: 11, fontFamily: "inherit" };
  return {
    xAxis: { type: "category", data: spec.x, axisTick: { show: false }, axisLine: { lineStyle: { color: c.rule2 } }, axisLabel: { ...text, interval: Math.ceil(spec.x.length / 12) - 1, hideOverlap: true } },
    yAxis: {
      type: "value", splitNumber: 4, minInterval: spec.decimals === 0 ? 1 : 0, ...range(spec), scale: spec.scale ?? false,
      axisLine: { show: false }, axisTick: { show: false },
      axisLabel: { ...text, formatter: (value) => minus(number.format(value)) }, splitLine: { lineStyle: { color: c.rule } },
    },
  };
}

function tooltip(spec, c, exact) {
  return {
    trigger: "axis", renderMode: "richText", confine: true, backgroundColor: c.canvas, borderColor: c.rule2, borderWidth: 1, padding: [6, 10],
    textStyle: { color: c.ink, fontSize: 12 }, axisPointer: { type: "line", lineStyle: { color: c.rule2, type: "solid" } },
    valueFormatter: (value) => (value === null || value === undefined || value === "-" ? "\u2013" : minus(exact.format(value)) + (spec.unit ? `\u00a0${spec.unit}` : "")),
  };
}

function options(spec, title, c, chart) {
  const font = getComputedStyle(document.body).fontFamily;
  const exact = figures(spec.decimals ?? 0);
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2, useGrouping: "always" });
  const right = rightMargin(spec);
  const room = { width: right - 8, left: () => chart.getWidth() - right + 8 };
  const frame = axes(spec, c, number);
  const own = withTokens(spec.echarts ?? {}, c);
  // Figures along the bottom are written as those at the side are.
  if (own.xAxis) own.xAxis = { ...frame.xAxis, ...own.xAxis, data: undefined, axisLabel: { ...frame.yAxis.axisLabel, hideOverlap: true, ...own.xAxis.axisLabel } };
  const described = spec.series.map((s) => `${s.name ?? ""}: ${s.data.at(-1) ?? "\u2013"}`).join("; ");
  return {
    animation: false,
    aria: { enabled: true, label: { enabled: true, description: `${title}. ${described}` } },
    textStyle: { fontFamily: font, fontSize: 11 },
    grid: { left: 44, right, top: 10, bottom: 24 },
    tooltip: tooltip(spec, c, exact),
    ...frame,
    series: [...spec.series.map((entry, i) => series(entry, c, spec, i === 0, room)), ...(spec.lines ?? []).filter((l) => l.name).map(limit(spec, c, room))],
    ...own,
  };
}

// Bars cannot carry a label at their end: their names stand beside the caption.
function legend(plot, spec) {
  const caption = plot.closest("figure")?.querySelector("figcaption");
  const bars = spec.series.filter((s) => s.name && ROLES[s.role ?? "volume"]?.({})?.type === "bar");
  if (!caption || caption.querySelector(".k-legend") || spec.series.length < 2 || !bars.length) return;
  const list = document.createElement("span");
  list.className = "k-legend";
  for (const entry of bars) {
    const key = document.createElement("i");
    key.className = `k-key k-key-${entry.role ?? "volume"}`;
    const item = document.createElement("span");
    item.append(key, entry.name);
    list.append(item);
  }
  caption.firstChild.after(list);
}

function draw(plot) {
  const { chart, spec } = mounted.get(plot);
  chart.setOption(options(spec, plot.dataset.title ?? "", palette(), chart), true);
}

async function mount(plot) {
  const source = document.getElementById(plot.dataset.chart);
  if (!source || mounted.has(plot) || !library) return;
  const spec = JSON.parse(source.textContent);
  mounted.set(plot, null);
  const echarts = await import(library);
  if (!plot.isConnected) return;
  mounted.set(plot, { chart: echarts.init(plot, null, { renderer: "svg" }), spec });
  legend(plot, spec);
  draw(plot);
  new ResizeObserver(() => mounted.get(plot)?.chart.resize()).observe(plot);
}

const mountAll = (scope) => scope.querySelectorAll?.("[data-chart]").forEach(mount);
document.addEventListener("kam:theme", () => {
  for (const [plot, entry] of mounted) {
    if (!plot.isConnected) {
      entry?.chart.dispose();
      mounted.delete(plot);
    } else if (entry) draw(plot);
  }
});
document.addEventListener("htmx:load", (event) => mountAll(event.detail.elt));
mountAll(document);
