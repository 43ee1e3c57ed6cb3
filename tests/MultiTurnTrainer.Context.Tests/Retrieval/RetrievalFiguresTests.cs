using System.Globalization;
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Context.Tests.Retrieval;

/// <summary>How good retrieval is on our labelled questions, as docs/context.md says it.</summary>
public class RetrievalFiguresTests
{
    private const int Tuning = 3;

    private static readonly Conversation[] _sessions =
    [
        .. ConversationReader.Read(Path.Combine(Repository.Root, "datasets/retrieval/sessions.jsonl")),
    ];

    /// <summary><c>MTT_UPDATE_DOCS=1</c> writes the table.</summary>
    [Fact]
    public void Context_TableOfRetrieval_IsTheProgramsOwn()
    {
        using ArtefactFile vectors = ArtefactFile.OpenToRead(
            Path.Combine(Repository.Root, "datasets/retrieval/vectors.jsonl")
        );
        List<string[]> rows = [];
        foreach (RetrievalMethod method in Enum.GetValues<RetrievalMethod>())
        {
            string name = method.ToString().ToLowerInvariant();
            rows.Add(Row($"`{name}`, chosen on these", method, vectors, _sessions[..Tuning]));
            rows.Add(Row($"`{name}`, held back", method, vectors, _sessions[Tuning..]));
        }

        string[] titles = ["", "recall@1", "recall@2", "wrong of what came back", "something where nothing fits"];
        GeneratedSection.Check("context.md", "retrieval", Table.Markdown(titles, rows));
    }

    private static string[] Row(
        string name,
        RetrievalMethod method,
        IArtefacts vectors,
        IEnumerable<Conversation> sessions
    )
    {
        RetrievalScore score = new(new RetrievalPolicy { Method = method, Model = "all-MiniLM-L6-v2" }, vectors);
        foreach (Conversation session in sessions)
        {
            score.Add(session);
        }

        return
        [
            name,
            Share(score.First, score.Answerable),
            Share(score.Found, score.Answerable),
            Share(score.Wrong, score.Returned),
            Share(score.Disturbed, score.Unanswerable),
        ];
    }

    private static string Share(int part, int whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / whole:F0} % ({part} of {whole})");
}
