/** The published dataset, and what its licence asks of those who use it. */
export const published = {
  source: "hass-2024",
  title: "'Hass' Avocado Ripening Photographic Dataset",
  authors: "Pedro Xavier, Pedro Rodrigues and Cristina L. M. Silva",
  year: 2024,
  publisher: "Mendeley Data, version 1",
  doi: "10.17632/3xd9n945v8.1",
  licence: "CC-BY-4.0",
  licenceUrl: "https://creativecommons.org/licenses/by/4.0/",
} as const;

/** The sentence that goes with the photographs, and with what is made of them. */
export const attribution =
  `${published.title} by ${published.authors} (${published.year}), ${published.publisher}, ` +
  `https://doi.org/${published.doi}, licence CC BY 4.0 (${published.licenceUrl})`;
