/** Colours of the sheet and of the lines on it. */
export const INK = "#1f2933";
export const PAPER = "#fbfaf7";
export const WATER = "#cfe3ee";
export const SHORE = "#b7c4cc";
export const ACCENT = "#0b6e6e";
export const WARNING = "#b4540a";
export const HIGH_SPEED = ACCENT;
export const OTHER_RAIL = "#6b7780";
export const METRO = "#b5306b";
export const MORE = "#542788";
export const FEWER = "#b35806";
export const FLOW = "#1f4e79";
