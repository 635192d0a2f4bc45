// What a chart draws on its canvas besides its lines: bars, missing time, thresholds, marks.

/** Lengths of pixels grow with the letters that somebody likes. */
export const scaled = (pixels) =>
  (pixels * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16;

export const color = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A bar for each value, as wide as the distance to the next one. */
export function bars(event) {
  const {drawingContext: context, points, color: fill} = event;
  const bottom = event.dygraph.toDomYCoord(0);
  const width = points.length > 1 ? Math.max(1, points[1].canvasx - points[0].canvasx - 1) : 4;
  context.fillStyle = fill;
  for (const point of points) {
    if (!Number.isFinite(point.canvasy) || !point.yval) continue;
    const top = Math.min(point.canvasy, bottom - 1.5);
    context.fillRect(point.canvasx - width, top, width, bottom - top);
  }
}

function drawGap(context, area, left, right, weight) {
  context.globalAlpha = 0.25 + 0.75 * weight;
  context.fillStyle = color('missing');
  context.fillRect(left, area.y, Math.max(2, right - left), area.h);
  context.globalAlpha = 1;
}

function stroke(context, [fromX, fromY], [toX, toY]) {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}

/** A threshold with its text; one far above all values is only named. */
function drawLine(context, area, y, line) {
  context.strokeStyle = context.fillStyle = color(line.kind);
  if (y < area.y) {
    context.textBaseline = 'top';
    context.fillText(`↑ ${line.text}`, area.x + 4, area.y + 2);
    return;
  }
  context.setLineDash([4, 4]);
  stroke(context, [area.x, y], [area.x + area.w, y]);
  context.setLineDash([]);
  const isAtTop = y - area.y < scaled(14);
  context.textBaseline = isAtTop ? 'top' : 'bottom';
  context.fillText(line.text, area.x + 4, y + (isAtTop ? 2 : -1));
}

function drawMark(context, area, x, mark) {
  if (x < area.x || x > area.x + area.w) return;
  context.strokeStyle = context.fillStyle = color(mark.kind);
  stroke(context, [x, area.y + scaled(13)], [x, area.y + area.h]);
  context.fillText(mark.symbol, Math.min(x, area.x + area.w - 5), area.y);
}

/** Draws below the values. gaps, marks, lines: see Chart.show. */
export function underlay(context, area, graph, {gaps = [], marks = [], lines = []}) {
  const x = (date) => graph.toDomXCoord(date.getTime());
  context.save();
  context.beginPath();
  context.rect(area.x, area.y, area.w, area.h);
  context.clip();
  for (const {begin, end, weight} of gaps) drawGap(context, area, x(begin), x(end), weight);
  context.font = `${scaled(11)}px system-ui, sans-serif`;
  for (const line of lines) drawLine(context, area, graph.toDomYCoord(line.value), line);
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const mark of marks) drawMark(context, area, x(mark.at), mark);
  context.restore();
}
