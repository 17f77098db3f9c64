package io.apexstore.server.config;

/** Writes the manual's page on configuration from the table of options. */
final class ConfigurationPage {
  private ConfigurationPage() {}

  static String markdown() {
    StringBuilder page = new StringBuilder(8192);
    page.append(
        """
        # Configuration

        <!-- Made from the table in io.apexstore.server.config.Option; a test compares the two. -->

        An option's value comes from the last of these that names it:

        1. its default,
        2. the file given with `--config`, else `conf/apexstore.json` in the working directory, else
           the one in the program's folder,
        3. the file `.env` in the working directory,
        4. the environment,
        5. the command line of `apexstore serve`.

        An option has one name, written `PORT` in `.env` and the environment, `port` in the file and
        `--port` on the command line. A value that is not allowed, or an unknown name in the file or
        on the command line, ends the start with exit code 2 and a line that says what was given and
        what is allowed. The running server shows what is in effect at its start and in `/stats/all`.

        ```json
        {"port": 8080, "data_dir": "/var/lib/apexstore", "wal_sync_mode": "group"}
        ```

        Sizes are in bytes, or with `KiB`, `MiB` or `GiB` behind the number; times are in the unit
        given, or with `ms`, `s`, `m` or `h`.
        """);
    for (Option.Group group : Option.Group.values()) {
      page.append("\n## ").append(group.title()).append("\n\n");
      page.append("| name | default | unit | allowed | what it does |\n");
      page.append("| --- | --- | --- | --- | --- |\n");
      for (Option option : Option.values()) {
        if (option.group() == group) {
          appendRow(page, option);
        }
      }
    }
    page.append(
        """

        ## Other names

        `DIR_PATH`, `API_AUTH_ENABLED` and `INDEX_INTERVAL` are understood as `DATA_DIR`,
        `AUTH_ENABLED` and `SPARSE_INDEX_INTERVAL`; a line at the start says so. Names of features
        that this version does not have (`TLS_…`, `CORS_ENABLED`, `RATE_LIMIT_ENABLED`,
        `FEATURE_CACHE_TTL`) are an error in the file and on the command line and a warning in the
        environment; asking for TLS is an error everywhere.
        """);
    return page.toString();
  }

  private static void appendRow(StringBuilder page, Option option) {
    page.append("| `").append(option.environmentName()).append("` | `");
    page.append(option.defaultText()).append("` | ").append(option.unit()).append(" | ");
    page.append(option.allowed()).append(" | ").append(option.description()).append(" |\n");
  }
}
