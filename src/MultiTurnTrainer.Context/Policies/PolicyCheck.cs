namespace MultiTurnTrainer.Context.Policies;

/// <summary>Something in a policy that cannot be meant.</summary>
/// <param name="Path">The key, such as <c>steps[1].to</c>.</param>
/// <param name="Message">What is wrong with it.</param>
/// <param name="Remedy">What to write instead.</param>
public sealed record PolicyProblem(string Path, string Message, string Remedy);

/// <summary>Finds settings of a policy that contradict each other.</summary>
public static class PolicyCheck
{
    /// <summary>What cannot be meant, in the order of the keys.</summary>
    public static IEnumerable<PolicyProblem> Find(ContextPolicy policy)
    {
        if (policy.History.Turns > 0 && policy.History.Bite > policy.History.Turns)
        {
            yield return new(
                "history.bite",
                $"{policy.History.Bite} turns cannot leave a window of {policy.History.Turns}",
                "Make it at most history.turns."
            );
        }

        if (policy.Tools.ExtractAbove > 0 && policy.Tools.ExtractTo >= policy.Tools.ExtractAbove)
        {
            yield return new(
                "tools.extract_to",
                "facts would be as long as the results they come from",
                "Make it less than tools.extract_above."
            );
        }

        if (policy.Persona is { Every: > 0, Text: "", Reminder: "" })
        {
            yield return new("persona.every", "there is no persona to repeat", "Give persona.text, or remove it.");
        }

        IEnumerable<PolicyProblem> ofSections =
        [
            .. Summary(policy),
            .. Retention(policy.Retention),
            .. Tone(policy.Tone),
            .. Retrieval(policy.Retrieval),
        ];
        foreach (PolicyProblem problem in ofSections)
        {
            yield return problem;
        }

        double last = 0;
        for (int i = 0; i < policy.Steps.Count; i++)
        {
            PolicyStep step = policy.Steps[i];
            foreach (PolicyProblem problem in Step(step, $"steps[{i.ToString(CultureInfo.InvariantCulture)}]", policy))
            {
                yield return problem;
            }

            if (step.When.Fraction < last)
            {
                yield return new(
                    $"steps[{i.ToString(CultureInfo.InvariantCulture)}].when.fraction",
                    "is below the step before it: steps go from gentle to harsh",
                    "Order the steps by rising thresholds."
                );
            }

            last = step.When.Fraction ?? last;
        }
    }

    private static IEnumerable<PolicyProblem> Summary(ContextPolicy policy)
    {
        if (policy.Summarize is { Model: "" })
        {
            yield return new(
                "summarize.model",
                "no model is named",
                "Give its name on the endpoint, or a model folder."
            );
        }

        if (policy is { Summarize: not null, Summary.MaxTokens: 0 })
        {
            yield return new(
                "summary.max_tokens",
                "is 0, so that the model of summarize has nothing to write",
                "Give the summary some tokens, or remove summarize."
            );
        }
    }

    private static IEnumerable<PolicyProblem> Retention(RetentionPolicy? policy)
    {
        if (policy?.Keep.Intersect(policy.Drop).Any() ?? false)
        {
            yield return new(
                "retention.drop",
                "names something that is kept word for word",
                "Name it in one of the two."
            );
        }

        if (policy?.Keep.Any(kind => kind is SaidKind.Other or SaidKind.Chunk) ?? false)
        {
            yield return new(
                "retention.keep",
                "names what cannot be kept word for word when its turn leaves",
                "Let tools.keep_results keep results, and a longer history.turns everything else."
            );
        }
    }

    private static IEnumerable<PolicyProblem> Tone(TonePolicy? policy)
    {
        if (policy is { MaxWords: > 0 } && policy.MinWords > policy.MaxWords)
        {
            yield return new("tone.min_words", "is more than max_words", "Make it at most tone.max_words.");
        }

        if (policy is { Language.Length: > 0 } && !TonePolicy.Languages.Contains(policy.Language))
        {
            yield return new(
                "tone.language",
                $"'{policy.Language}' is no language that can be told",
                $"Name one of {string.Join(", ", TonePolicy.Languages)}."
            );
        }

        if (policy?.Judge is { Model: "" })
        {
            yield return new(
                "tone.judge.model",
                "no model is named",
                "Give its name on the endpoint, or a model folder."
            );
        }
    }

    private static IEnumerable<PolicyProblem> Retrieval(RetrievalPolicy? policy)
    {
        if (policy is { Method: not RetrievalMethod.Bm25, Model: null or "" })
        {
            yield return new(
                "retrieval.method",
                "needs vectors, and no model is named that makes them",
                "Name the embedding model with retrieval.model, or use bm25."
            );
        }
    }

    private static IEnumerable<PolicyProblem> Step(PolicyStep step, string path, ContextPolicy policy)
    {
        if (step.Do.Count == 0)
        {
            yield return new($"{path}.do", "the step does nothing", "Name an action, such as [summarize_turns].");
        }

        if (step.When.Fraction <= step.To && !step.Do.All(action => action == StepAction.Notify))
        {
            yield return new(
                $"{path}.to",
                Invariant($"the step would stop at {step.To}, where it begins at {step.When.Fraction}"),
                "Let it go on to a smaller share than the one at which it begins."
            );
        }

        if (step.When.Tokens >= policy.Window)
        {
            yield return new(
                $"{path}.when.tokens",
                "is not reached within the window",
                "Name fewer tokens than the window has."
            );
        }

        foreach (PolicyProblem problem in Predicates(step.When, $"{path}.when"))
        {
            yield return problem;
        }
    }

    private static IEnumerable<PolicyProblem> Predicates(Trigger trigger, string path)
    {
        if (trigger.IsEmpty)
        {
            yield return new(path, "names nothing", "Name fraction, tokens, turns, messages, all or any.");
        }

        foreach ((string name, IReadOnlyList<Trigger> list) in new[] { ("all", trigger.All), ("any", trigger.Any) })
        {
            for (int i = 0; i < list.Count; i++)
            {
                string place = Invariant($"{path}.{name}[{i}]");
                foreach (PolicyProblem problem in Predicates(list[i], place))
                {
                    yield return problem;
                }
            }
        }
    }
}
