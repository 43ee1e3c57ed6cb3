namespace MultiTurnTrainer.Documentation.Tests;

public class TerminalTextTests
{
    [Fact]
    public void Write_EachKindOfBlock_IsLaidOut()
    {
        const string markdown = """
            # Title

            <!-- for tests -->
            A *long* line of words with `code`, a [link](x.md) and a
            line break.

            - one
            - two words that do not fit the width of the line
              - nested

            1. first
            2. second

            ```
            mtt mask   # as it stands, however long the line may be, for it is code
            ```

            | a | b |
            |---|---|
            | 1 | 2 |

            | name | meaning |
            |---|---|
            | `key` | words that do not fit beside the name |

            ## End
            """;

        Assert.Equal(
            """
            Title
            =====

            A long line of words with `code`, a
            link and a line break.

            - one
            - two words that do not fit the
              width of the line

              - nested

            1. first
            2. second

                mtt mask   # as it stands, however long the line may be, for it is code

            a  b
            1  2

            `key`
                meaning: words that do not fit
                beside the name

            End
            ---

            """,
            new ManualPage("t", "T", "", () => markdown).ToText(null, 36)
        );
    }

    [Fact]
    public void Write_Section_EndsAtTheNextOfItsLevel()
    {
        ManualPage page = new("t", "T", "", () => "# T\n\n## A\n\na\n\n### B\n\nb\n\n## C\n\nc\n");

        Assert.Equal("A\n-\n\na\n\nB\n\nb\n", page.ToText("a", 80));
        Assert.Equal("B\n\nb\n", page.ToText("b", 80));
        Assert.Null(page.ToText("d", 80));
    }

    /// <summary>Words alone may be longer than a line: settings, file names, formulas.</summary>
    [Fact]
    public void Write_EveryPage_FitsTheWidth() =>
        Assert.All(
            RepositoryPages.Manual.Pages,
            page =>
                Assert.DoesNotContain(
                    page.ToText(null, 80)!.Split('\n'),
                    line =>
                        line.Length > 80
                        && !line.StartsWith("    ", StringComparison.Ordinal)
                        && line.TrimStart().TrimStart('-').Trim().Contains(' ', StringComparison.Ordinal)
                )
        );
}
