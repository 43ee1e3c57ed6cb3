namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt docs</c>: the documentation, in the terminal or as a site.</summary>
internal static class DocsCommand
{
    private const string _help = """
        Read the documentation here, search it, or write it as a site.

        Examples:
          mtt docs                              every page, by chapter
          mtt docs masking
          mtt docs masking#weights              one section
          mtt docs --search stop token
          mtt docs --site documentation         then open documentation/index.html: no server, no network

        Errors name a page where there is more to say. The site has every page with its figures, the public types of the libraries,
        a search and a choice of light and dark.
        """;

    private const string Prefix = "docs/";

    private static readonly Argument<string?> _topic = new("TOPIC")
    {
        Description = "A page, or a section of one; without it, all pages are listed.",
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "TOPIC",
        CompletionSources = { _ => Pages().Pages.Select(page => new CompletionItem(page.Topic)) },
    };

    private static readonly Option<string[]> _search = new("--search")
    {
        Description = "Find the sections that have all of these words.",
        HelpName = "WORD",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> _site = new("--site")
    {
        Description = "Write all pages as a site into this folder.",
        HelpName = "DIR",
    };

    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("docs", _help) { _topic, _search, _site, _force };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] words = parsed.GetValue(_search) ?? [];
        string? topic = parsed.GetValue(_topic);
        string? site = parsed.GetValue(_site);
        if ((topic is null ? 0 : 1) + (words.Length == 0 ? 0 : 1) + (site is null ? 0 : 1) > 1)
        {
            throw new MttException("one of TOPIC, --search and --site is meant", "Give one of them.");
        }

        Manual manual = Pages();
        if (site is not null)
        {
            int count = SiteWriter.Write(manual, site, parsed.GetValue(_force));
            Console.Error.WriteLine(
                $"wrote {Counted.Of(count, "file")}; open {Printable.Line(Path.Combine(site, "index.html"))}"
            );
            return ExitCode.Done;
        }

        Console.Out.Write(
            words.Length > 0 ? DocsText.Found(ManualSearch.Find(manual, string.Join(' ', words)), words)
            : topic is null or "index" ? DocsText.List(manual)
            : DocsText.Page(manual, topic)
        );
        return ExitCode.Done;
    }

    private static Manual Pages() => new(ReadResource, LibraryPages.Of(AppContext.BaseDirectory));

    private static string? ReadResource(string path)
    {
        using Stream? resource = typeof(DocsCommand).Assembly.GetManifestResourceStream(Prefix + path);
        return resource is null ? null : new StreamReader(resource).ReadToEnd();
    }
}
