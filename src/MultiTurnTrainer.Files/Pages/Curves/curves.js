// Draws the curves of a page with uPlot: drag to zoom, double click to see all, the values under the pointer, a button a series.
// By keyboard: + and - zoom, the arrows move, 0 shows all. Without scripts the pictures stand as they are.

const isDark = matchMedia('(prefers-color-scheme: dark)');
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name);
const colour = style => css(`--${style}`);

const magnitude = value => Math.floor(Math.log10(Math.abs(value)) + 1e-9);

// The same words as PlotAxis.Label's.
const label = (value, step, most) => {
  if (value === 0) return '0';
  const digits = Math.min(15, Math.max(1, magnitude(value) - magnitude(step) + 2));
  const plain = most >= 1e-3 && most < 1e15;
  const text = new Intl.NumberFormat('en', {
    notation: !plain ? 'scientific' : most >= 1e5 ? 'compact' : 'standard',
    maximumSignificantDigits: digits,
  }).format(value);
  return plain ? text : text.replace('E', 'e');
};

const exact = new Intl.NumberFormat('en', { maximumSignificantDigits: 5 });

// The same axis as PlotAxis.Of's.
const around = (low, high) => {
  if (low === null) return [0, 1];
  if (low < 0 && -low <= Math.max(1e-8, 1e-6 * high)) {
    low = 0;
    if (high <= 1e-8) high = 0;
  }
  if (high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high))) {
    const margin = (high - low) * 0.02;
    return [low >= 0 ? Math.max(0, low - margin) : low - margin, high <= 0 ? Math.min(0, high + margin) : high + margin];
  }
  return high === 0 ? [0, 1] : [high - Math.abs(high) * 0.1, high + Math.abs(high) * 0.1];
};

const make = (name, className, text) => Object.assign(document.createElement(name), { className, textContent: text ?? '' });

const axis = (more) => ({
  stroke: () => css('--soft'),
  font: '14px system-ui, sans-serif',
  grid: { stroke: () => css('--line'), width: 1 },
  ticks: { show: false },
  values: (u, ticks, i, space, step) => ticks.map(tick => label(tick, step, Math.max(...ticks.map(Math.abs)))),
  ...more,
});

// Steps and turns are whole.
const wholeSteps = Array.from({ length: 30 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3));

const seriesOf = line => ({
  label: line.name,
  spanGaps: true,
  stroke: () => colour(line.style),
  width: line.mark === 'faint' ? 1 : 2,
  paths: line.mark === 'points' ? () => null : undefined,
  points: {
    show: line.mark === 'dots' || line.mark === 'points' || line.x.length === 1,
    size: 7,
    fill: () => css('--paper'),
  },
});

const optionsOf = (plot, size) => ({
  ...size,
  legend: { show: false },
  padding: [8, 16, 0, 0],
  cursor: { hover: { skip: [null, undefined] }, points: { size: 9, fill: (u, i) => colour(plot.series[i - 1].style) } },
  scales: { x: { time: false }, y: { range: (u, low, high) => around(low, high) } },
  axes: [
    axis({ label: plot.x, labelFont: '14px system-ui, sans-serif', labelSize: 20, size: 26, incrs: wholeSteps }),
    axis({ size: (u, labels) => 14 + 8 * Math.max(1, ...(labels ?? []).map(text => text.length)) }),
  ],
  series: [{ label: plot.x }, ...plot.series.map(seriesOf)],
});

const draw = figure => {
  const plot = JSON.parse(figure.dataset.curves);
  const box = make('div', 'curves');
  box.tabIndex = 0;
  box.setAttribute('role', 'group');
  box.ariaLabel = `${figure.querySelector('svg').ariaLabel}. Drag to zoom, double click to see all; keys: + - arrows 0`;
  figure.querySelector('.legend')?.remove();
  figure.querySelector('svg').replaceWith(make('p', 'unit', plot.y), box);
  const values = make('p', 'values');
  figure.append(values);

  const sizeOf = () => ({ width: box.clientWidth, height: Math.round(Math.min(320, Math.max(210, box.clientWidth * 0.6))) });
  const u = new uPlot(optionsOf(plot, sizeOf()), uPlot.join(plot.series.map(line => [line.x, line.y])), box);
  const [first, last] = [u.data[0][0], u.data[0].at(-1)];

  const reset = make('button', '', 'show all');
  reset.hidden = true;
  reset.onclick = () => u.setScale('x', { min: first, max: last });
  const where = make('output', '');
  const buttons = plot.series.map((line, i) => {
    const button = make('button', '', line.name);
    button.dataset.style = line.style;
    button.style.setProperty('--mark', `var(--${line.style})`);
    button.ariaPressed = 'true';
    button.title = 'show or hide';
    button.onclick = () => {
      button.ariaPressed = button.ariaPressed === 'true' ? 'false' : 'true';
      u.setSeries(i + 1, { show: button.ariaPressed === 'true' });
    };
    return button;
  });
  const shown = plot.series.map(() => make('output', ''));
  const pairs = buttons.map((button, i) => {
    const pair = make('span', 'pair');
    pair.append(button, shown[i]);
    return pair;
  });
  values.append(where, ...pairs, reset);

  u.hooks.setScale = [(_, key) => { if (key === 'x') reset.hidden = u.scales.x.min <= first && u.scales.x.max >= last; }];
  // The values under the pointer; without one, those of the end.
  const read = () => {
    const at = u.cursor.idx ?? u.data[0].length - 1;
    where.textContent = `${plot.x} ${exact.format(u.data[0][at])}`;
    plot.series.forEach((line, i) => {
      const values = u.data[i + 1];
      const own = u.cursor.idx == null ? values.findLastIndex(value => value != null) : u.cursor.idxs[i + 1];
      const value = values[own];
      shown[i].textContent = value == null ? '' : exact.format(value) + (own === at ? '' : ` (at ${exact.format(u.data[0][own])})`);
    });
  };
  u.hooks.setCursor = [read];
  read();

  // Moves the window to the share `by` of its width, and makes it `times` as wide; it never leaves the data.
  const look = (by, times) => {
    const { min, max } = u.scales.x;
    const width = Math.min(last - first, (max - min) * times);
    const start = Math.min(last - width, Math.max(first, (min + max - width) / 2 + by * width));
    u.setScale('x', { min: start, max: start + width });
  };
  const keys = {
    '+': () => look(0, 0.5), '=': () => look(0, 0.5), '-': () => look(0, 2), 0: () => reset.click(),
    ArrowLeft: () => look(-0.25, 1), ArrowRight: () => look(0.25, 1),
  };
  box.onkeydown = event => {
    if (event.key in keys && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      keys[event.key]();
    }
  };
  new ResizeObserver(() => { if (box.clientWidth !== u.width) u.setSize(sizeOf()); }).observe(box);
  isDark.addEventListener('change', () => u.redraw(false, true));
};

document.querySelectorAll('figure[data-curves]').forEach(draw);
