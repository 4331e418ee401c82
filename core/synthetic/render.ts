import type { Fruit } from "./fruit.ts";
import { createRandom } from "./random.ts";
import { clamp, type Texture, textureSize } from "./texture.ts";

/** Side of a rendered photograph in pixels. */
export const photographSize = 320;

type Colour = readonly [red: number, green: number, blue: number];
/** Skin at stages 1, 2, 3, 4, 5 and beyond, before light. */
const skin: readonly Colour[] = [
  [106, 142, 66],
  [96, 128, 60],
  [88, 102, 60],
  [80, 70, 62],
  [70, 57, 60],
  [60, 47, 53],
  [54, 43, 47],
];
const cork: Colour = [176, 138, 104];
const stem: Colour = [190, 128, 74];

/** How one photograph was taken. */
interface Shot {
  centre: [x: number, y: number];
  angle: number;
  scale: number;
  light: Colour;
  exposure: Colour;
  noise: number;
}

/**
 * Renders one photograph in a light box: a solid of revolution with bumps, lit from above.
 * @returns raw uint8 RGB, [320, 320, 3]
 */
export function renderPhotograph(fruit: Fruit, texture: Texture, ripeness: number, key: string): Uint8ClampedArray {
  const random = createRandom("shot", key);
  const brightness = random.normal(1, 0.035);
  const shot: Shot = {
    centre: [random.normal(160, 7), random.normal(166, 7)],
    angle: random.normal(0, 0.09),
    scale: random.normal(1, 0.02) * (1 - 0.02 * Math.max(0, ripeness - 4)),
    light: normalise([random.normal(-0.25, 0.12), random.normal(-0.35, 0.12), 1]),
    exposure: [brightness * random.normal(1, 0.01), brightness, brightness * random.normal(1, 0.01)],
    noise: random.uniform(1, 3),
  };
  const pixels = new Uint8ClampedArray(photographSize ** 2 * 3);
  const cos = Math.cos(shot.angle) / shot.scale;
  const sin = Math.sin(shot.angle) / shot.scale;
  let grainState = Math.floor(random.uniform(1, 2 ** 31));
  for (let i = 0; i < photographSize ** 2; i++) {
    const dx = (i % photographSize) - shot.centre[0];
    const dy = Math.floor(i / photographSize) - shot.centre[1];
    const x = dx * cos + dy * sin;
    const y = dy * cos - dx * sin;
    // xorshift: a generator per pixel need not be good, only fast.
    grainState ^= grainState << 13;
    grainState ^= grainState >>> 17;
    grainState ^= grainState << 5;
    const grain = ((grainState >>> 0) / 2 ** 32 - 0.5) * 2 * shot.noise;
    const [red, green, blue] = shadePoint(fruit, texture, ripeness, shot, x, y);
    pixels[i * 3] = red * shot.exposure[0] + grain;
    pixels[i * 3 + 1] = green * shot.exposure[1] + grain;
    pixels[i * 3 + 2] = blue * shot.exposure[2] + grain;
  }
  return pixels;
}

/** Colour at a point of the fruit's own plane: x across, y from stem to base. */
function shadePoint(fruit: Fruit, texture: Texture, ripeness: number, shot: Shot, x: number, y: number): Colour {
  const v = y / fruit.height;
  const across = x - fruit.bend * v * v;
  const width = fruit.width * (1 + fruit.neck * (clamp(v, -1, 1) - 0.1));
  // 1 on the outline, which is blunter than an ellipse.
  const place = Math.sqrt((across / width) ** 2 + Math.abs(v) ** 2.4);
  const outside = (1 - 1 / place) * Math.sqrt(across * across + y * y);
  if (outside >= 0.5) return background(x, y, outside);
  const half = width * Math.sqrt(Math.max(0.01, 1 - Math.abs(v) ** 2.4));
  const inside = shadeSkin(fruit, texture, ripeness, shot, clamp(across / half, -0.999, 0.999), clamp(v, -1, 1), half);
  return outside <= -0.5 ? inside : mix(inside, background(x, y, 0), outside + 0.5);
}

/** A white box: a little darker to its corners, with the soft shadow of the fruit. */
function background(x: number, y: number, distance: number): Colour {
  const vignette = 1 - 0.08 * ((x * x + y * y) / (2 * 160 * 160));
  const shade = vignette * (1 - 0.16 * Math.exp(-distance / 7) - 0.07 * Math.exp(-distance / 40));
  return [228 * shade, 230 * shade, 239 * shade];
}

/** `u` across from -1 to 1, `v` from stem to base. */
function shadeSkin(
  fruit: Fruit,
  texture: Texture,
  ripeness: number,
  shot: Shot,
  u: number,
  v: number,
  half: number,
): Colour {
  const column = Math.round((Math.asin(u) / Math.PI + 0.5) * (textureSize - 2));
  const row = Math.round((v / 2 + 0.5) * (textureSize - 2));
  const at = row * textureSize + column;
  const bump = texture.bumps[at] ?? 0;
  const depth = fruit.roughness * (1.5 + 0.25 * Math.max(0, ripeness - 3));
  const slopeX = ((texture.bumps[at + 1] ?? 0) - bump) * depth;
  const slopeY = ((texture.bumps[at + textureSize] ?? 0) - bump) * depth;
  const lean = (Math.sign(v) * v * v * half) / fruit.width;
  const normal = normalise([u - slopeX, lean * 1.4 - slopeY, Math.sqrt(1 - u * u) * (1.05 - Math.abs(v) ** 3)]);
  const facing = dot(normal, shot.light);

  const local =
    ripeness + fruit.colourLead + fruit.mottling * (texture.mottling[at] ?? 0) * 1.3 + (0.35 - bump) * 0.7 - 0.2 * v;
  const unripe = clamp((4 - local) / 2, 0, 1);
  const tint: Colour = [
    1 + (fruit.tint[0] - 1) * unripe,
    1 + (fruit.tint[1] - 1) * unripe,
    1 + (fruit.tint[2] - 1) * unripe,
  ];
  let colour = multiply(skinColour(local), tint);
  colour = mix(colour, cork, 0.75 * (texture.scar[at] ?? 0));
  if ((u * half) ** 2 + ((v + 0.94) * fruit.height * 1.3) ** 2 < 45) colour = mix(colour, stem, 0.8);

  const diffuse = 0.42 + 0.68 * Math.max(0, facing) - 0.16 * (1 - bump);
  const gloss = 46 * Math.max(0, facing) ** 14 * (0.5 + bump);
  return [colour[0] * diffuse + gloss, colour[1] * diffuse + gloss, colour[2] * diffuse + gloss];
}

function skinColour(stage: number): Colour {
  const place = clamp(stage - 1, 0, skin.length - 1.001);
  const below = Math.floor(place);
  return mix(skin[below] ?? cork, skin[below + 1] ?? cork, place - below);
}

const mix = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];
const multiply = (a: Colour, b: Colour): Colour => [a[0] * b[0], a[1] * b[1], a[2] * b[2]];
const dot = (a: Colour, b: Colour) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
function normalise(a: Colour): Colour {
  const length = Math.sqrt(dot(a, a));
  return [a[0] / length, a[1] / length, a[2] / length];
}
