package io.apexstore.server.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The check of the page of metrics finds what Prometheus objects to. */
class ExpositionCheckTest {
  @Test
  void aGoodPageHasNoProblem() {
    String page =
        """
        # HELP a_total What it counts
        # TYPE a_total counter
        a_total{x="1\\"\\\\\\n"} 1.0
        a_total{x="2"} 1.5E-7
        # HELP duration_seconds How long
        # TYPE duration_seconds summary
        duration_seconds{quantile="0.5"} 0.5
        duration_seconds_count 1
        duration_seconds_sum 0.5
        """;
    assertEquals(List.of(), ExpositionCheck.problemsOf(page));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# HELP a x\n# TYPE a gauge\na 1",
        "# TYPE a gauge\na 1\n",
        "# HELP a x\na 1\n",
        "# HELP a x\n# TYPE a counter\na 1\n",
        "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n",
        "# HELP a x\n# TYPE a gauge\na{quantile=\"1\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na{le=\"1\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na -1\n",
        "# HELP a x\n# TYPE a gauge\na NaN\n",
        "# HELP a x\n# TYPE a gauge\na 1\na 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"1\"c=\"2\"} 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"\"\"} 1\n",
        "# HELP a x\n# TYPE a gauge\nb 1\n",
        "# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n",
        "# HELP a_gauge x\n# TYPE a_gauge gauge\na_gauge 1\n",
        "# HELP aB x\n# TYPE aB gauge\naB 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\n# TYPE a gauge\na 2\n",
        "# HELP a x\n# TYPE a gauge\na one\n"
      })
  void aFaultIsFound(String page) {
    assertNotEquals(List.of(), ExpositionCheck.problemsOf(page));
  }
}
