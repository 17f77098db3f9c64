package io.apexstore.server.config;

/** The manual's page on configuration, generated from the table of options. */
final class ConfigurationPage {
  private ConfigurationPage() {}

  static String markdown() {
    StringBuilder page = new StringBuilder(8192);
    page.append(
        """
        # Configuration

        The options of the server: what each one is called, its default and what it does.

        <!-- Generated from the table in io.apexstore.server.config.Option; a test compares the two. -->

        The value of an option comes from the last of these sources that names it:

        1. its default,
        2. the file given with `--config`, else `conf/apexstore.json` in the working directory, else
           the one in the program's folder,
        3. the file `.env` in the working directory,
        4. the environment,
        5. the command line of `apexstore serve`.

        An option has one name. It is written `PORT` in `.env` and the environment, `port` in the
        file and `--port` on the command line. A value that is not allowed ends the start, and so
        does an unknown name in the file, in `.env` or on the command line: the exit code is 2, and a
        line states what was given and what is allowed. Only the environment may have names of other
        programs. Both files are UTF-8, with or without a byte-order mark. The running server shows
        the effective values when it starts and in `/stats/all`.

        ```json
        {"port": 8080, "data_dir": "/var/lib/apexstore", "wal_sync_mode": "group"}
        ```

        A size is a number of bytes, or has `KiB`, `MiB` or `GiB` after the number. A time is in the
        unit given, or has `ms`, `s`, `m` or `h` after the number.
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

        `DIR_PATH`, `API_AUTH_ENABLED` and `INDEX_INTERVAL` are accepted for `DATA_DIR`,
        `AUTH_ENABLED` and `SPARSE_INDEX_INTERVAL`; a line at the start names the new one. Names of
        features that this version does not have (`TLS_…`, `CORS_ENABLED`, `RATE_LIMIT_ENABLED`,
        `FEATURE_CACHE_TTL`) are an error in the file and on the command line, and a warning in
        `.env` and the environment. To ask for TLS is an error everywhere.
        """);
    return page.toString();
  }

  private static void appendRow(StringBuilder page, Option option) {
    page.append("| `").append(option.environmentName()).append("` | `");
    page.append(option.defaultText()).append("` | ").append(option.unit()).append(" | ");
    page.append(option.allowed()).append(" | ").append(option.description()).append(" |\n");
  }
}
