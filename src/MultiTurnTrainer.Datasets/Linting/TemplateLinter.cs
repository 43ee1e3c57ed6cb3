// Folder Linting: tries a template on small conversations and names what it does.
// Refuses to know: data files, tokens.
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Linting;

/// <summary>Finds out what a chat template does to conversations, by rendering probes with provenance.</summary>
public sealed class TemplateLinter
{
    private static readonly DateTimeOffset _day = new(2031, 3, 7, 0, 0, 0, TimeSpan.Zero);
    private readonly ChatModel _model;
    private readonly IReadOnlyList<string> _givenStops;
    private readonly Dictionary<string, RenderedText?> _rendered = new(StringComparer.Ordinal);
    private readonly List<TemplateEffect> _effects = [];
    private readonly List<(string Probe, string Error)> _refused = [];

    private TemplateLinter(ChatModel model, IReadOnlyList<string> stops)
    {
        _model = model;
        _givenStops = [.. model.StopTokens.Concat(stops).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Lints the template of a model.</summary>
    /// <param name="name">The report's name.</param>
    /// <param name="model">The model folder's chat side, or a bare template.</param>
    /// <param name="stops">Further stop tokens.</param>
    public static TemplateReport Lint(string name, ChatModel model, IReadOnlyList<string> stops) =>
        new TemplateLinter(model, stops).Run(name);

    private TemplateReport Run(string name)
    {
        foreach (Probe probe in Probes.All)
        {
            _rendered[probe.Name] = Render(probe);
        }

        Drops();
        Changes();
        Injects();
        Tail();
        List<string> unstable = [.. Probes.All.Where(IsUnstable).Select(probe => probe.Name)];
        (string? stop, bool next) = Stop();
        if (stop is null && _rendered["plain"] is not null)
        {
            Add("no-stop", "no token ends an answer: name one with --eot");
        }

        return new TemplateReport(name, null)
        {
            Effects = _effects,
            Refused = _refused,
            Stop = stop,
            StopIsNextHeader = next,
            GenerationPrompt = _rendered["plain"] is null
                ? null
                : Template(Probes.Plain).Open(Input(Probes.Plain)).GenerationPrompt(1),
            IsPrefixStable = unstable.Count == 0,
            UnstableIn = unstable,
            HasGenerationBlocks = _model.Template.HasGenerationBlocks,
        };
    }

    private void Drops()
    {
        Dropped(Probes.System, "qsystem", "system-dropped", "the system message is dropped");
        Dropped(Probes.Tools, "qprobe declares", "tools-dropped", "the list of tools is dropped");
        Dropped(Probes.Tools, "qharbour", "tool-calls-dropped", "the assistant's calls are dropped");
        Dropped(Probes.Tools, "qresult", "tool-content-dropped", "results of tools are dropped");
        Dropped(Probes.Beside, "qbeside", "content-beside-calls-dropped", "words beside a call are dropped");
        Dropped(
            Probes.Reasoning,
            "qthink latest",
            "reasoning-dropped",
            "reasoning_content of the last answer is dropped"
        );
        Dropped(
            Probes.Reasoning,
            "qthink earlier",
            "earlier-reasoning-dropped",
            "reasoning_content of earlier answers is dropped"
        );
        Dropped(
            Probes.InlineThink,
            "qthink earlier",
            "earlier-think-dropped",
            "<think> inside earlier answers is cut out"
        );
        Dropped(Probes.InlineThink, "qthink latest", "think-dropped", "<think> inside the last answer is cut out");
        Dropped(Probes.Parts, "qone", "parts-dropped", "contents given as parts are dropped");
    }

    private void Changes()
    {
        if (_rendered["blanks"] is { } blanks)
        {
            if (!blanks.Text.Contains("\n  qtwo reply  \n", StringComparison.Ordinal))
            {
                Add("answers-trimmed", "blanks around answers are trimmed");
            }

            if (!blanks.Text.Contains("\n  qfirst ask  \n", StringComparison.Ordinal))
            {
                Add("questions-trimmed", "blanks around questions are trimmed");
            }
        }

        if (_rendered["string-arguments"]?.Text.Contains("\\\"place", StringComparison.Ordinal) == true)
        {
            Add("arguments-double-encoded", "arguments given as a JSON string are encoded again: give objects");
        }

        if (_rendered["parts"]?.Spans.Any(span => (span.Traits & SpanTraits.Stringified) != 0) == true)
        {
            Add("parts-stringified", "contents given as parts are printed as Python lists: give text");
        }
    }

    private void Injects()
    {
        if (_rendered["plain"] is not { } plain)
        {
            return;
        }

        int first = plain.Text.IndexOf("qfirst", StringComparison.Ordinal);
        string before = first < 0 ? "" : plain.Text[..first];
        if (before.Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(w => w.All(char.IsAsciiLetter)) >= 3)
        {
            Add("text-injected", "text that nobody wrote comes before the first question");
        }

        try
        {
            string other = Template(Probes.Plain).RenderText(Input(Probes.Plain) with { Now = _day.AddDays(400) });
            if (other != plain.Text)
            {
                Add("date-injected", "the date reaches the text: pin it with mtt mask --now");
            }
        }
        catch (TemplateException problem) when (!problem.IsOverBudget)
        {
            Add("date-injected", "whether it renders depends on the date: pin it with mtt mask --now");
        }
    }

    private void Tail()
    {
        if (Probes.All.Any(probe => Masked(probe)?.Answers.Any(answer => answer.SupervisesTail) == true))
        {
            Add(
                TemplateEffects.TailSupervised,
                "words printed behind the conversation are supervised with the last answer"
            );
        }
    }

    private MaskedText? Masked(Probe probe)
    {
        if (_rendered[probe.Name] is not { } whole)
        {
            return null;
        }

        IReadOnlyList<string> stops = _givenStops.Count > 0 ? _givenStops : Guess(whole);
        return MaskRule.Apply(Template(probe), Input(probe), Answers(probe), stops);
    }

    private bool IsUnstable(Probe probe)
    {
        if (Masked(probe) is not { Rendered: var whole } masked)
        {
            return false;
        }

        int count = probe.Messages.GetArrayLength();
        foreach (AnswerMask answer in masked.Answers)
        {
            int i = answer.Message;
            RenderInput until = Input(probe) with { MessageCount = i };
            try
            {
                string prompt = Template(probe).RenderText(until with { AddGenerationPrompt = true });
                if (!StartsAlike(whole, prompt, i))
                {
                    return true;
                }

                // The answer itself must read the same when it is the last one, as it was when it was given.
                string own = Template(probe).RenderText(until with { MessageCount = i + 1 });
                int end = Math.Min(answer.End, LastOwn(whole, i));
                if (i < count - 1 && whole.Text.AsSpan().CommonPrefixLength(own) < end)
                {
                    return true;
                }
            }
            catch (TemplateException problem) when (!problem.IsOverBudget)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<int> Answers(Probe probe) =>
        Enumerable
            .Range(0, probe.Messages.GetArrayLength())
            .Where(i => probe.Messages[i].GetString("role") == "assistant");

    /// <summary>Where the last span of a message's block ends.</summary>
    private static int LastOwn(RenderedText whole, int message)
    {
        int end = 0;
        foreach (RenderedSpan span in whole.Spans)
        {
            end = span.Context == message ? span.End : end;
        }

        return end;
    }

    /// <summary>Whether a prompt is the beginning of the whole text, as far as the answer's own words allow.</summary>
    private static bool StartsAlike(RenderedText whole, string prompt, int message)
    {
        int common = whole.Text.AsSpan().CommonPrefixLength(prompt);
        if (common == prompt.Length)
        {
            return true;
        }

        // A prompt may go on where the answer begins, as with an opened <think>; what stands before must not differ.
        RenderedSpan? own = null;
        foreach (RenderedSpan span in whole.Spans)
        {
            if (span.Origin.MessageIndex == message && span.Origin.Field != MessageField.Role)
            {
                own = span;
                break;
            }
        }

        return own is { } data && common >= data.Start;
    }

    private (string? Stop, bool Next) Stop()
    {
        if (_rendered["plain"] is not { } plain)
        {
            return (null, false);
        }

        IReadOnlyList<string> stops = _givenStops.Count > 0 ? _givenStops : Guess(plain);
        MaskedText masked = MaskRule.Apply(Template(Probes.Plain), Input(Probes.Plain), [1], stops);
        if (masked.Answers.Count == 0 || !masked.Answers[0].HasStop)
        {
            return (null, false);
        }

        (int start, int end) = masked.Answers[0].Stop;
        bool next = plain.Spans.Any(span => span.Start <= start && span.End > start && span.Context != 1);
        return (plain.Text[start..end], next);
    }

    /// <summary>The markers that follow an answer: what stands between its last word and the next question.</summary>
    private static List<string> Guess(RenderedText plain)
    {
        int from = plain.Text.IndexOf("qone reply", StringComparison.Ordinal) + "qone reply".Length;
        int to = plain.Text.IndexOf("qsecond", StringComparison.Ordinal);
        List<string> stops = [];
        for (int i = from; i >= 10 && i < to; i++)
        {
            char close = plain.Text[i] switch
            {
                '<' => '>',
                '[' => ']',
                _ => '\0',
            };
            int end = close == '\0' ? -1 : plain.Text.IndexOf(close, i);
            if (end > i && end < to && plain.Text.AsSpan(i, end - i).IndexOfAny(" \n") < 0)
            {
                // The first marker ends the answer; later ones begin the next message.
                stops.Add(plain.Text[i..(end + 1)]);
                break;
            }
        }

        return stops;
    }

    private RenderedText? Render(Probe probe)
    {
        try
        {
            return Template(probe).Render(Input(probe));
        }
        catch (TemplateException problem) when (!problem.IsOverBudget)
        {
            _refused.Add((probe.Name, problem.KindName));
            return null;
        }
    }

    private ChatTemplate Template(Probe probe) => _model.TemplateFor(probe.Tools is not null);

    private RenderInput Input(Probe probe) =>
        new(probe.Messages)
        {
            Tools = probe.Tools,
            Variables = _model.SpecialTokens,
            BosToken = _model.BosToken ?? "<s>",
            EosToken = _model.EosToken ?? "</s>",
            Now = _day,
        };

    private void Dropped(Probe probe, string words, string code, string message)
    {
        if (_rendered[probe.Name] is { } text && !text.Text.Contains(words, StringComparison.Ordinal))
        {
            Add(code, message);
        }
    }

    private void Add(string code, string message) => _effects.Add(new TemplateEffect(code, message));
}
