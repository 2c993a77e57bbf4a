/* What the table of commands knows, in the forms of other programs: mdoc and bash. */
#ifndef CW_CTL_MANUAL_H
#define CW_CTL_MANUAL_H

#include <stdio.h>

/* Items of a list of mdoc. */
void cw_manual_options(FILE *out);
void cw_manual_commands(FILE *out);
/* A whole script for bash-completion. */
void cw_completion_bash(FILE *out);

#endif
