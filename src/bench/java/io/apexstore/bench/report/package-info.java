/** What was measured, kept and shown: the summary file, the table, the page of charts, the gate. */
@NullMarked
package io.apexstore.bench.report;

import org.jspecify.annotations.NullMarked;
