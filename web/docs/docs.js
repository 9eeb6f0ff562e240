// Starts Swagger UI. A file of its own because the server's Content-Security-Policy allows no
// inline script; nothing here or in Swagger UI calls an outside address (validatorUrl: null).
"use strict";

window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  validatorUrl: null,
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
