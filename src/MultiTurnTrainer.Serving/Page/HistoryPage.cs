using MultiTurnTrainer.Serving.Contexts;

namespace MultiTurnTrainer.Serving.Page;

/// <summary>What the page says before its scripts take over, and all that it says without them.</summary>
internal static class HistoryPage
{
    /// <summary>As many sessions as are listed.</summary>
    public const int MostListed = 200;

    private const int ShownDigits = 8;

    private const string Head =
        "<link rel=\"stylesheet\" href=\"/page/shell.css\"><link rel=\"stylesheet\" href=\"/page/plan.css\">"
        + "<link rel=\"stylesheet\" href=\"/page/page.css\"><link rel=\"icon\" href=\"/page/icon.svg\">"
        + "<script type=\"module\" src=\"/page/page.js\"></script>";

    /// <summary>A tenant's sessions.</summary>
    public static string OfList(IReadOnlyList<SessionHeader> sessions)
    {
        HtmlPage page = Begin("Sessions");
        page.AddRaw("<ul class=\"sessions\">\n");
        foreach (SessionHeader session in sessions)
        {
            page.Add($"<li><a href=\"/sessions/{session.Id}\">{Short(session.Id)}</a> {Time(session.UpdatedAt)}");
            page.Add($", {Counted.Of(session.Version, "version")}{Of(session.User)}</li>\n");
        }

        page.AddRaw("</ul>\n");
        return End(
            sessions.Count == 0 ? page.AddText("There are no sessions yet.")
            : sessions.Count < MostListed ? page
            : page.AddText(Invariant($"These are the {MostListed} that changed last."))
        );
    }

    /// <summary>What was said in a session.</summary>
    public static string OfSession(SessionState state)
    {
        HtmlPage page = Begin($"Session {Short(state.Id)}");
        page.Add($"<p>{Time(state.UpdatedAt)}, {Counted.Of(state.Version, "version")}{Of(state.User)}</p>\n");
        page.AddRaw("<ol class=\"history\">\n");
        foreach (SessionMessage message in state.Messages)
        {
            AddMessage(page, message.Json, message.Participant);
        }

        page.AddRaw("</ol>\n");
        AddBroken(page, state);
        AddConstraints(page, state);
        return End(page);
    }

    /// <summary>In place of a session that is not there.</summary>
    public static string OfNone() => End(Begin("No such session").AddText("It was erased, or it never was."));

    /// <summary>Asks for a key.</summary>
    /// <param name="wasRefused">Whether one was given that nobody knows.</param>
    public static string OfKey(bool wasRefused)
    {
        HtmlPage page = Begin("Sessions");
        page.AddText(wasRefused ? "This key is unknown." : "This server asks for a key.");
        page.AddRaw("<form method=\"post\"><label>API key <input type=\"password\" name=\"key\" required></label> ");
        return End(page.AddRaw("<button>Open</button></form>\n"));
    }

    // The scripts replace what stands in the element `app`.
    private static HtmlPage Begin(string heading) =>
        new HtmlPage(heading, "mtt serve").AddRaw("<div id=\"app\">\n<p><a href=\"/\">All sessions</a></p>\n");

    private static string End(HtmlPage page) =>
        page.AddRaw("</div>\n<noscript>")
            .AddText(
                "Without scripts this page shows what was said; with them one can chat, and see what the model sees."
            )
            .AddRaw("</noscript>\n")
            .Finish(Head);

    private static void AddMessage(HtmlPage page, JsonView message, string? participant)
    {
        string role = SessionRoles.Of(message) ?? "message";
        page.Add($"<li class=\"message\"><h2>{HtmlPage.Escape(role)}{Of(participant)}</h2>");
        page.Add($"<div class=\"words\">{HtmlPage.Escape(MessageText.Of(message))}</div>");
        foreach ((string name, string arguments) in MessageText.Calls(message))
        {
            page.Add($"<p>calls {HtmlPage.Escape(name)}</p><pre tabindex=\"0\">{HtmlPage.Escape(arguments)}</pre>");
        }

        page.AddRaw("</li>\n");
    }

    private static void AddBroken(HtmlPage page, SessionState state)
    {
        foreach (SessionTurn turn in state.Turns.Where(turn => turn.Status == TurnStatus.Interrupted))
        {
            page.Add($"<section class=\"message\"><h2>An answer broke off ({HtmlPage.Escape(turn.Reason ?? "")})</h2>");
            page.Add($"<div class=\"words\">{HtmlPage.Escape(turn.Partial)}</div></section>\n");
        }
    }

    private static void AddConstraints(HtmlPage page, SessionState state)
    {
        SessionConstraint[] active = [.. state.Constraints.Where(constraint => constraint.Until is null)];
        if (active.Length == 0)
        {
            return;
        }

        page.AddRaw("<h2>Constraints</h2>\n<ul>\n");
        foreach (SessionConstraint constraint in active)
        {
            page.Add($"<li>{HtmlPage.Escape(constraint.Text)} (from turn {constraint.From + 1})</li>\n");
        }

        page.AddRaw("</ul>\n");
    }

    private static string Short(string id) => id[..ShownDigits];

    private static string Of(string? who) => who is null ? "" : $", {HtmlPage.Escape(who)}";

    private static string Time(DateTimeOffset time) =>
        Invariant(
            $"<time datetime=\"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\">{time.UtcDateTime:yyyy-MM-dd HH:mm} UTC</time>"
        );
}
