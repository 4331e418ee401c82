import type { WelcomeResponse } from "../core/contracts/predict.ts";

/** `GET /`. Links are relative: the API does not know under which address it is reached. */
export const welcome: WelcomeResponse = {
  message: "Photograph a Hass avocado, say how it is stored, get the days until it is over-ripe.",
  links: {
    predict: "predict",
    uploads: "uploads",
    health: "health",
    documentation: "docs",
    openapi: "openapi.json",
  },
};
