/** The commit pipeline. */
@NullMarked
package io.apexstore.engine.commit;

import org.jspecify.annotations.NullMarked;
