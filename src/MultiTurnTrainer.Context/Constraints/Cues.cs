using System.Reflection;

namespace MultiTurnTrainer.Context.Constraints;

/// <summary>The wordings by which the rules go, from <c>cues.txt</c> beside this file; all in lower case.</summary>
internal static class Cues
{
    private static readonly Dictionary<string, CueList> _all = Read();

    /// <summary>A sentence that begins so demands or forbids something.</summary>
    public static CueList ConstraintStart { get; } = _all["constraint-start"];

    /// <summary>Anywhere in a sentence that is no question and tells nothing of the user, these demand or forbid.</summary>
    public static CueList Constraint { get; } = _all["constraint"];

    /// <summary>So strong that it counts even where the user tells of themselves.</summary>
    public static CueList StrongDemand { get; } = _all["strong-demand"];

    /// <summary>A question that is a demand.</summary>
    public static CueList PoliteDemand { get; } = _all["polite-demand"];

    /// <summary>"No emojis": a sentence that begins so forbids things, unless it is one of <see cref="NotNoThings"/>.</summary>
    public static CueList NoThings { get; } = _all["no-things"];

    /// <summary>"No, I meant", "no idea", "keine Ahnung", "nothing happens".</summary>
    public static CueList NotNoThings { get; } = _all["not-no-things"];

    /// <summary>The user tells of themselves or of others: what is demanded there is not demanded of the answers.</summary>
    public static CueList Telling { get; } = _all["telling"];

    /// <summary>Lifts a constraint.</summary>
    public static CueList Withdrawal { get; } = _all["withdrawal"];

    /// <summary>Holds whatever happens.</summary>
    public static CueList NonNegotiable { get; } = _all["non-negotiable"];

    /// <summary>Words of demand: without a rule that places them, the sentence stays word for word.</summary>
    public static CueList Demand { get; } = _all["demand"];

    /// <summary>Takes back or replaces.</summary>
    public static CueList Correction { get; } = _all["correction"];

    /// <summary>A sentence that begins so takes back or replaces.</summary>
    public static CueList CorrectionStart { get; } = _all["correction-start"];

    /// <summary>Settles something.</summary>
    public static CueList Decision { get; } = _all["decision"];

    /// <summary>A sentence that begins so settles something.</summary>
    public static CueList DecisionStart { get; } = _all["decision-start"];

    /// <summary>Says what is liked.</summary>
    public static CueList Preference { get; } = _all["preference"];

    /// <summary>A sentence that begins so tells somebody to do something; alone it is a task and no constraint.</summary>
    public static CueList Imperative { get; } = _all["imperative"];

    /// <summary>Words that narrow what may be done: with somebody told to do it, they make a constraint.</summary>
    public static CueList Restriction { get; } = _all["restriction"];

    /// <summary>What is demanded of things: a rule where the sentence tells nothing of a person.</summary>
    public static CueList Obligation { get; } = _all["obligation"];

    /// <summary>"Must have got lost", "muss kaputt sein": a guess, no demand.</summary>
    public static CueList Guess { get; } = _all["guess"];

    /// <summary>Thanks and assent.</summary>
    public static CueList Acknowledgement { get; } = _all["acknowledgement"];

    /// <summary>A Chinese question without its mark.</summary>
    public static CueList AsksChinese { get; } = _all["asks-chinese"];

    /// <summary>The speaker, anywhere: "ohne Brille sehe ich nichts" demands nothing.</summary>
    public static CueList Speaker { get; } = _all["speaker"];

    /// <summary>"I'll take", "we're booking", "wir nehmen": who does it.</summary>
    public static CueList ResolveSubject { get; } = _all["resolve-subject"];

    /// <summary>What settles it when the speaker does it.</summary>
    public static CueList ResolveVerb { get; } = _all["resolve-verb"];

    /// <summary>Where a reason turns into a demand: "I can't have dairy, so find something else".</summary>
    public static CueList Hence { get; } = _all["hence"];

    /// <summary>Somebody says that something will be done.</summary>
    public static CueList Promise { get; } = _all["promise"];

    /// <summary>Takes a promise back: a condition, a guess, an offer to explain.</summary>
    public static CueList NoPromise { get; } = _all["no-promise"];

    /// <summary>Greetings, courtesies, small talk.</summary>
    public static CueList Courtesy { get; } = _all["courtesy"];

    /// <summary>As among friends: contractions, slang, the informal you.</summary>
    public static CueList Informal { get; } = _all["informal"];

    /// <summary>Officialese, the formal you.</summary>
    public static CueList Formal { get; } = _all["formal"];

    /// <summary>The formal you of German, which with a small letter is "she" or "they".</summary>
    public static CueList GermanYou { get; } = _all["german-you"];

    private static Dictionary<string, CueList> Read()
    {
        Dictionary<string, CueList> lists = new(StringComparer.Ordinal);
        List<string> phrases = [];
        string name = "";
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream("cues.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('['))
            {
                Add();
                name = line[1..^1];
            }
            else if (!line.StartsWith('#'))
            {
                phrases.AddRange(
                    line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                );
            }
        }

        Add();
        return lists;

        void Add()
        {
            if (phrases.Count > 0)
            {
                lists[name] = new CueList([.. phrases]);
                phrases = [];
            }
        }
    }
}
