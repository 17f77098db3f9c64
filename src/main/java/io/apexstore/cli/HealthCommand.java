package io.apexstore.cli;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** {@code apexstore health}: asks a running server whether it is ready. */
final class HealthCommand implements Subcommand {
  private static final int TIMEOUT_MS = 4_000;

  @Override
  public String name() {
    return "health";
  }

  @Override
  public CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("health").mixinStandardHelpOptions(true);
    spec.usageMessage()
        .description(
            "Asks a running server whether it is ready. Exits with 0 if it is, else with 1.");
    spec.addOption(
        OptionSpec.builder("--url")
            .type(String.class)
            .paramLabel("URL")
            .description(
                "The URL of the server. Default: this machine, with the port in the environment"
                    + " variable PORT, else 8080.")
            .build());
    return spec;
  }

  @Override
  public int run(ParseResult arguments, Console console) {
    String base = arguments.matchedOptionValue("--url", null);
    if (base == null) {
      base = "http://127.0.0.1:" + console.environment().getOrDefault("PORT", "8080");
    }
    try {
      URL url = new URI(base.replaceFirst("/+$", "") + "/health/ready").toURL();
      HttpURLConnection connection = (HttpURLConnection) url.openConnection();
      connection.setConnectTimeout(TIMEOUT_MS);
      connection.setReadTimeout(TIMEOUT_MS);
      int status = connection.getResponseCode();
      connection.disconnect();
      console.out().println(base + (status == 200 ? " is ready" : " answered " + status));
      return status == 200 ? Console.OK : Console.FAILED;
    } catch (IOException e) {
      console.error(base + " does not answer: " + e.getMessage());
      return Console.FAILED;
    } catch (URISyntaxException | IllegalArgumentException | ClassCastException e) {
      console.error("--url: given \"" + base + "\", allowed: a URL such as http://127.0.0.1:8080");
      return Console.USAGE_ERROR;
    }
  }
}
