// Folder LlamaFactory: what LLaMA-Factory's supervised fine-tuning trains.
// Refuses to know: other trainers, masks of mtt.
using MultiTurnTrainer.Audit.Rows;

namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>
/// LLaMA-Factory 0.9.5: pairs of question and answer by a template of its own, cut to a length pair by pair, each at its end.
/// </summary>
internal sealed class LlamaFactoryTrainer(TrainerModel model, FactoryTemplate template, LlamaFactorySettings settings)
    : ITrainer
{
    private readonly LlamaFactoryMessages _messages = new(settings.Columns);
    private readonly FactoryEncoder _encoder = new(model, template, settings);

    public string Name => "LLaMA-Factory 0.9.5";

    public IReadOnlyList<AuditedRow> Build(JsonFields row)
    {
        List<(int[] Question, int[] Answer)> pairs = _encoder.Encode(_messages.Read(row));
        if (settings.MaskHistory)
        {
            pairs.Reverse();
        }

        bool isEfficient = template.HasEfficientEos;
        int eos = _encoder.EosId ?? AuditedRow.Ignored;
        int total = isEfficient ? 1 : 0;
        List<(int[] Ids, int[] Labels)> parts = [];
        for (int i = 0; i < pairs.Count && total < settings.CutoffLength; i++)
        {
            (int questionLength, int answerLength) = Lengths(
                pairs[i].Question.Length,
                pairs[i].Answer.Length,
                settings.CutoffLength - total
            );
            int[] question = pairs[i].Question[..questionLength];
            int[] answer = pairs[i].Answer[..answerLength];
            total += questionLength + answerLength;
            parts.Add((question, QuestionLabels(question, isEfficient && i > 0 ? eos : AuditedRow.Ignored)));
            parts.Add((answer, settings.MaskHistory && i > 0 ? Ignored(answer.Length) : answer));
        }

        return [Joined(row.Text("id"), parts, isEfficient ? eos : null)];
    }

    private int[] QuestionLabels(int[] question, int first)
    {
        if (settings.TrainOnPrompt)
        {
            return question;
        }

        int[] labels = Ignored(question.Length);
        if (labels.Length > 0)
        {
            labels[0] = first;
        }

        return labels;
    }

    private AuditedRow Joined(string? id, List<(int[] Ids, int[] Labels)> parts, int? end)
    {
        if (settings.MaskHistory)
        {
            // The last pair came first; within a pair the question stands before the answer.
            parts = [.. parts.Chunk(2).Reverse().SelectMany(pair => pair)];
        }

        IEnumerable<int> ids = parts.SelectMany(part => part.Ids);
        IEnumerable<int> labels = parts.SelectMany(part => part.Labels);
        return end is int token
            ? new AuditedRow(id, [.. ids, token], [.. labels, token])
            : new AuditedRow(id, [.. ids], [.. labels]);
    }

    /// <summary>How much is left of a question and an answer within a budget.</summary>
    private static (int Question, int Answer) Lengths(int question, int answer, int budget)
    {
        int most =
            answer * 2 < budget ? budget
            : question * 2 < budget ? budget - question
            : (int)(budget * ((double)answer / (question + answer)));
        int keptAnswer = Math.Min(most, answer);
        return (Math.Min(Math.Max(budget - keptAnswer, 0), question), keptAnswer);
    }

    private static int[] Ignored(int count)
    {
        int[] labels = new int[count];
        Array.Fill(labels, AuditedRow.Ignored);
        return labels;
    }
}
